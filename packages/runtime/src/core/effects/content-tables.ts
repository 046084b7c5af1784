// What the content laws look for, as data: phrases of a topic, words of making and urging, and words that turn a phrase
// into something else (a film, a treaty, a hotline, a bath bomb).

import type { ContentHarm } from "./effect.ts";
import { wordSet } from "../word-set.ts";

/** A topic of harm. */
export type Topic = ContentHarm["topic"];

/** How a phrase counts: `instruct` by itself; `make` instructs beside a word of making, else it is a mention; `only` counts beside one only. */
export type PhraseMode = "instruct" | "make" | "only" | "mention";

/** A phrase: words in a row. */
export interface Phrase {
  readonly words: readonly string[];
  readonly topic: Topic;
  readonly mode: PhraseMode;
}

const PHRASES: readonly (readonly [Topic, PhraseMode, string])[] = [
  [
    "self_harm",
    "instruct",
    "kill yourself|kill your self|kill yourselves|kill urself|kill ur self|killyourself|kys|hang yourself|drown yourself|shoot yourself|unalive yourself|slit your wrists|slit your wrist|slit ur wrists|end your life|end your own life|take your own life|take your life|end it all now|kill myself painlessly|go die|you should die|better off dead|world would be better without you|commit suicide|committing suicide|starve yourself|overdose yourself|cut your wrists|jump off a bridge|drink bleach",
  ],
  [
    "self_harm",
    "only",
    "kill myself|end my life|end my own life|take my own life|hurt yourself|harm yourself|cut yourself|poison yourself|self harm|selfharm|overdose|lethal dose",
  ],
  ["self_harm", "make", "suicide|suicidal"],
  [
    "explosives",
    "only",
    "bomb|bombs|explosive|explosives|explosive device|grenade|grenades|detonator|detonators|tatp|petn|rdx|anfo|semtex|thermite|napalm|landmine|c4 explosive|c4 explosives|c4 charge|plastic explosive|black powder|gunpowder|blasting cap|suicide vest",
  ],
  [
    "explosives",
    "make",
    "pipe bomb|pipe bombs|nail bomb|car bomb|pressure cooker bomb|fertilizer bomb|ied|ieds|improvised explosive|molotov|molotov cocktail|bomb making|bombmaking",
  ],
  [
    "child_abuse",
    "make",
    "child sexual abuse|child sex abuse|child sexual|csam|child porn|child pornography|childporn|kiddie porn|child erotica|child abuse material|sexual images of children|sexual content involving minors|sexualized minors|sexualize minors|sexualize children|sex with minors|sex with children|sex with a child|sex with a minor|underage porn|underage sex|preteen porn|molest children|molest a child|groom a child|groom children|grooming children|nude children|naked children|pedophile material",
  ],
  [
    "bio_weapon",
    "make",
    "bioweapon|bioweapons|bio weapon|bio weapons|biological weapon|biological weapons|biological warfare agent|germ weapon|weaponized virus|weaponized pathogen|weaponized anthrax|weaponize anthrax|weaponize a virus|weaponize a pathogen|weaponise a virus|weaponise anthrax|engineered pandemic|pandemic pathogen",
  ],
  [
    "bio_weapon",
    "only",
    "anthrax|smallpox|botulinum|botulinum toxin|ebola|plague bacteria|yersinia pestis|pathogen|lethal virus|deadly virus|ricin|abrin",
  ],
  [
    "nuclear_weapon",
    "make",
    "nuclear weapon|nuclear weapons|nuclear bomb|nuclear bombs|nuclear device|nuclear warhead|atomic bomb|atomic bombs|atom bomb|hydrogen bomb|thermonuclear bomb|dirty bomb|dirty bombs|radiological weapon|radiological device|radiological dispersal|radiological dispersion|weapons grade uranium|weapons grade plutonium|fission bomb",
  ],
  ["nuclear_weapon", "only", "nuke|nukes|enriched uranium|enrich uranium|plutonium|cesium 137|cobalt 60"],
  [
    "chemical_weapon",
    "make",
    "chemical weapon|chemical weapons|nerve agent|nerve agents|nerve gas|sarin|sarin gas|vx gas|tabun|soman|novichok|mustard gas|phosgene|poison gas",
  ],
  [
    "chemical_weapon",
    "only",
    "chlorine gas|hydrogen cyanide|cyanide gas|cyanide|mustard agent|toxic gas|poisonous gas",
  ],
  [
    "violence",
    "instruct",
    "shoot up a school|shoot up the school|shoot up my school|kill them all|kill all humans|kill all jews|kill all muslims|kill all christians|kill all women|kill all men|exterminate all|gas the jews|hire a hitman|hire an assassin|poison the water supply|stab him to death|stab her to death|beat her to death|beat him to death|murder your wife|murder your husband|kill your wife|kill your husband|kill your parents|kill your neighbor|kill your boss",
  ],
  [
    "violence",
    "only",
    "kill someone|kill somebody|kill a person|kill people|kill a man|kill a woman|kill a child|kill children|kill my wife|kill my husband|kill my boss|kill my neighbor|kill my parents|kill him|kill her|murder someone|murder a person|murder people|murder my|poison someone|poison a person|poison people|poison my|mass shooting|school shooting|terrorist attack|terror attack|massacre|assassinate the|torture someone|torture a person|strangle someone|kidnap a child|kidnap someone|lynch",
  ],
];

/** Phrases by their first word. */
export const PHRASES_BY_WORD: ReadonlyMap<string, readonly Phrase[]> = phrasesByWord();

/** All words of phrases. */
export const PHRASE_WORDS: ReadonlySet<string> = new Set(PHRASES.flatMap(([, , list]) => list.split(/[| ]/)));

function phrasesByWord(): ReadonlyMap<string, readonly Phrase[]> {
  const map = new Map<string, Phrase[]>();
  for (const [topic, mode, list] of PHRASES) {
    for (const text of list.split("|")) {
      const words = text.split(" ");
      const first = words[0] ?? "";
      const known = map.get(first);
      if (known === undefined) map.set(first, [{ words, topic, mode }]);
      else known.push({ words, topic, mode });
    }
  }
  for (const phrases of map.values()) phrases.sort((left, right) => right.words.length - left.words.length);
  return map;
}

/** Words of making, getting, using: before a phrase they instruct. */
export const MAKING: ReadonlySet<string> = wordSet(
  "make making makes build building builds create creating construct constructing assemble assembling prepare preparing produce producing craft crafting manufacture manufacturing synthesize synthesise synthesizing synthesis cook cooking brew mix mixing culture culturing cultivate grow growing weaponize weaponizing weaponise detonate detonating deploy deploying release releasing disperse spread spreading plant planting acquire obtain obtaining buy smuggle steal design designing develop developing engineer engineering enrich enriching wire rig throw homemade diy distribute distributing trade trading sell share download downloading generate generating commit committing plan planning carry perform do attempt hide conceal use using",
);

/** Words of instruction: before or after a phrase. */
export const INSTRUCTING: ReadonlySet<string> = wordSet(
  "how howto instructions instruction recipe recipes tutorial guide steps step manual blueprint blueprints plans plan design designs schematic schematics formula diagram ingredients ways way method methods best easiest painless painlessly",
);

/** Words right before a phrase that make it something harmless. */
export const HARMLESS_BEFORE: ReadonlySet<string> = wordSet(
  "bath photo glitter seed cherry stink paint logic fork zip sex love truth jager jaeger calorie sugar chocolate cocoa hot xml email mail time smoke flash sticky google carpet honey volcano fat logicbomb merge decompression billion",
);

/** Words right after a phrase that make it something harmless. */
export const HARMLESS_AFTER: ReadonlySet<string> = wordSet(
  "cyclone squad shelter shelters disposal detection detector detectors defusal defuse calorimeter prevention hotline helpline lifeline awareness watch door doors note notes survivor survivors bereavement attempt rates rate statistics treaty convention conventions ban bans inspector inspectors disarmament proliferation nonproliferation free test tests policy threat threats scare survivorship squads silver burger jacket bag fishing tea plot milkshake concert concerts vaccine vaccines vaccination band tour fans outbreak exposure symptoms hoax",
);

/** Words that deny what follows. */
export const DENYING: ReadonlySet<string> = wordSet(
  "not dont never avoid stop prevent preventing prevents against refuse cannot cant wont shouldnt mustnt report reporting reported detect detecting detection defuse defusing disarm dismantle ban banning bans prohibit prohibits prohibited forbid combat combating fight fighting end ending survive surviving treaty convention nonproliferation proliferation disarmament destroy destroying protect protecting",
);

/** Of those, the ones that negate whatever follows; the others deny only what no word of making stands before. */
export const NEGATING: ReadonlySet<string> = wordSet(
  "not dont never cannot cant wont shouldnt mustnt avoid stop against refuse",
);

/** Words anywhere in a text that show it speaks about the topic to help or inform. */
export const INFORMING: ReadonlySet<string> = wordSet(
  "game videogame prevention hotline helpline lifeline 988 samaritans counselor counsellor therapist nonproliferation proliferation disarmament treaty convention film movie novel album band squad museum documentary review memorial anniversary authorities awareness training safeguarding survivors",
);

/** Any of these in a folded text makes it worth reading word by word. Kept as stems. */
export const STEMS: RegExp =
  /bomb|explosi|grenad|deton|tatp|petn|rdx|anfo|semtex|thermite|napalm|landmine|c4|powder|suicid|kill|kys|myself|yourself|urself|your ?sel|your wr|your (?:own )?life|ur wrists|my (?:own )?life|go die|should die|off dead|without you|end it|self ?harm|overdose|lethal|bleach|bridge|molotov|\bieds?\b|child|csam|porn|minor|underage|molest|groom|pedo|weapon|anthrax|smallpox|botul|ebola|plague|pestis|pathogen|pandemic|virus|ricin|abrin|nuclear|nuke|atom|hydrogen|thermonuc|radiolog|uranium|plutonium|cesium|cobalt|fission|nerve|sarin|\bvx\b|tabun|soman|novichok|mustard|phosgene|gas\b|cyanide|shoot|exterm|hitman|assassin|poison|stab|beat h|murder|massacre|terror|tortur|strangl|kidnap|lynch|ddos|ransomware|vest|blasting/;
