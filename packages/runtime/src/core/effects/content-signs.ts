// One pass over a text that tells whether its words are worth reading for harm. Most texts are commands and paths: they
// cost this pass and nothing else.
//
// The pass reads letters as the disguises of content.ts would leave them: case folded, digits and signs as the letters
// they stand for, and what may stand between letters (`b-o-m-b`) skipped. It errs on one side only: what it turns down
// can't hold a stem in any reading, what it lets through is read with care.

/**
 * Four letters (or all, when there are fewer) out of each stem of `STEMS`, chosen so that commands seldom hold them.
 * INVARIANT: each alternative of `STEMS`, without what lies between its letters, holds one of these.
 */
const SIGNS =
  "bomb plos gren deto tatp petn rdx anfo semt herm napa ndmi powd suic kill kys myse rsel ourw ourl urow urwr ylif myow godi shou offd outy ndit elfh rdos leth leac brid molo ied chil csam porn mino nder mole room pedo weap hrax lpox botu ebol plag pest atho demi viru rici brin nucl nuke atom hydr monu diol rani plut esiu coba fiss nerv sari vx abun soma ovic must phos gas cyan shoo xter hitm ssas pois stab beat murd mass rror tort angl kidn lync ddos anso vest blas";

const LETTER_BITS = 5;
const SIGN_LENGTH = 4;
const SIGN_MASK = (1 << (LETTER_BITS * SIGN_LENGTH)) - 1;

/** What a character is to the pass: a letter (1 to 26), or one of these. */
const BREAK = 0;
const SKIPPED = 27;
const TAG_END = 28;

const LETTER_I = 9;
const LETTER_L = 108;
const LETTERS_FOR = "0o1i3e4a5s7t@a$s!i|l";

const CLASSES: Uint8Array = classes();

function classes(): Uint8Array {
  const table = new Uint8Array(128);
  for (let letter = 1; letter <= 26; letter += 1) table[64 + letter] = table[96 + letter] = letterClass(96 + letter);
  for (let at = 0; at < LETTERS_FOR.length; at += 2)
    table[LETTERS_FOR.charCodeAt(at)] = letterClass(LETTERS_FOR.charCodeAt(at + 1));
  for (const char of " .-_*+~'`^") table[char.charCodeAt(0)] = SKIPPED;
  table["<".charCodeAt(0)] = table[">".charCodeAt(0)] = TAG_END;
  return table;
}

// `1`, `|` and `!` stand for `i` as for `l`: the two are one letter here.
function letterClass(code: number): number {
  return code === LETTER_L ? LETTER_I : code - 96;
}

// One bit for each row of four letters: whether it ends in a sign.
const ENDS_IN_SIGN: Int32Array = signTable();

function signTable(): Int32Array {
  const table = new Int32Array((SIGN_MASK + 1) / 32);
  for (const sign of SIGNS.split(" ")) {
    let code = 0;
    for (let at = 0; at < sign.length; at += 1) code = (code << LETTER_BITS) | letterClass(sign.charCodeAt(at));
    // A shorter sign counts whatever stands before it.
    const step = 1 << (LETTER_BITS * sign.length);
    for (; code <= SIGN_MASK; code += step) table[code >> 5] = (table[code >> 5] ?? 0) | (1 << (code & 31));
  }
  return table;
}

const OPENS_TAG = 60;
/** From `<` to `>`, as content.ts takes tags out. */
const LONGEST_TAG = 201;
const LETTER_C = 3;
const DIGIT_4 = 52;

// `a b o m b` is read as `abomb bomb`: what the second half makes with the first can't be told letter by letter.
const ARTICLE_APART = /(?<![a-z])[ai](?:[ .\-_*+~`^]{1,2}[a-z]){3}/i;

/** Whether a text may hold a stem of the content laws, as it stands or with disguises undone. Linear. */
export function mayHoldStem(text: string): boolean {
  let code = 0;
  let lastSkipped = -SIGN_LENGTH;
  let apart = 0;
  let isApart = false;
  let opened = -1;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 126) return true;
    const kind = CLASSES[unit] ?? BREAK;
    if (kind === SKIPPED) {
      // One letter between two of these, again and again.
      const distance = at - lastSkipped;
      if (distance > 2) apart = 0;
      else if (distance === 2) apart += 1;
      isApart ||= apart === 2;
      lastSkipped = at;
      continue;
    }
    if (kind === TAG_END) {
      // What a tag splits (`bo<b>mb</b>`) is not read here; a lone `<` compares or redirects.
      if (unit === OPENS_TAG) opened = at;
      else if (opened >= 0 && at - opened <= LONGEST_TAG) return true;
      code = 0;
      continue;
    }
    if (unit === DIGIT_4 && (code & 31) === LETTER_C) return true;
    code = kind === BREAK ? 0 : ((code << LETTER_BITS) | kind) & SIGN_MASK;
    if (((ENDS_IN_SIGN[code >> 5] ?? 0) & (1 << (code & 31))) !== 0) return true;
  }
  return isApart && ARTICLE_APART.test(text);
}
