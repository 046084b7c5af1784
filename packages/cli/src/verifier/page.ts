// The page that verifies evidence bundles: one file, opened from the disk, without any network (docs/evidence-bundle.md).

import { counted } from "canopy-runtime/counted";
import {
  BundleVerifier,
  checkIndexProof,
  type BundleLine,
  type BundleVerdict,
  type TrustPolicy,
} from "canopy-runtime/evidence-verifier";
import { EntryTable } from "./entry-table.ts";
import { inertLine, inertText } from "./inert-text.ts";
import { readTrust } from "./read-trust.ts";
import { tools } from "./tools.ts";

const TITLES: Readonly<Record<BundleVerdict["verdict"], string>> = {
  valid: "Valid",
  untrusted: "Not trusted",
  invalid: "Not valid",
  unusable: "Unusable",
};
const KEPT_ENTRIES = 200_000;

function part<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.querySelector(`#${id}`);
  if (!(found instanceof kind)) throw new TypeError(`the page has no ${id}`);
  return found;
}

const file = part("file", HTMLInputElement);
const trust = part("trust", HTMLTextAreaElement);
const drop = part("drop", HTMLElement);
const result = part("result", HTMLElement);
const entries = part("entries", HTMLElement);
const texts = part("texts", HTMLElement);
const documents = part("documents", HTMLElement);
const table = new EntryTable({
  rows: part("rows", HTMLElement),
  count: part("count", HTMLElement),
  more: part("more", HTMLButtonElement),
  find: part("find", HTMLInputElement),
});

let chosen: Blob | null = null;
let run = 0;

function choose(blob: File): void {
  chosen = blob;
  part("file-name", HTMLElement).textContent = `${inertLine(blob.name)}, ${counted(blob.size, "byte")}`;
  void verify();
}

async function verify(): Promise<void> {
  if (chosen === null) return;
  run += 1;
  const mine = run;
  const policy = readTrust(trust.value);
  if (typeof policy === "string") {
    show("unusable", "What was pasted is no key and no trust policy", policy);
    return;
  }
  show("untrusted", "Checking …", "");
  table.clear();
  documents.replaceChildren();
  const verdict = await verdictOf(chosen, policy, () => mine === run);
  if (verdict !== null && mine === run) tell(verdict, policy);
}

/** Null when another run began meanwhile. */
async function verdictOf(
  blob: Blob,
  policy: TrustPolicy | null,
  isNewest: () => boolean,
): Promise<BundleVerdict | null> {
  let kept = 0;
  const visit = (line: BundleLine): void => {
    if (line.kind === "policy") addDocument(`policy ${line.hash}`, line.text);
    if (line.kind === "report") addDocument(`report (${line.format})`, line.text);
    if (line.kind !== "entry" || kept >= KEPT_ENTRIES) return;
    kept += 1;
    table.add(line.line);
  };
  const verifier = new BundleVerifier({ trust: policy, checkProof: checkIndexProof, visit }, tools);
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (!isNewest()) return null;
    if (done || !verifier.push(value)) return verifier.end();
  }
}

function tell(verdict: BundleVerdict, policy: TrustPolicy | null): void {
  const where = verdict.line === null ? "" : `Line ${verdict.line}: `;
  const why =
    verdict.verdict === "untrusted" && policy === null
      ? "All of it fits together, but you gave no key to trust: whoever made the file may have made its keys, too."
      : `${where}${inertLine(verdict.reason ?? "All of it holds, and the log's key that you trust signed it.")}`;
  show(verdict.verdict, TITLES[verdict.verdict], why);
  part("facts", HTMLElement).replaceChildren(
    ...factsOf(verdict).flatMap(([name, value]) => [element("dt", name), element("dd", inertLine(value))]),
  );
  part("limits", HTMLElement).replaceChildren(...verdict.not_claimed.map((text) => element("li", inertLine(text))));
  const fits = verdict.verdict === "valid" || verdict.verdict === "untrusted";
  entries.hidden = !fits || verdict.entries === 0;
  texts.hidden = !fits || documents.childElementCount === 0;
  if (fits) table.show();
}

function factsOf(verdict: BundleVerdict): readonly (readonly [string, string])[] {
  const { header, checkpoint } = verdict;
  const facts: (readonly [string, string])[] = [];
  if (checkpoint !== null) {
    facts.push(["log", checkpoint.origin], ["entries in the log", String(checkpoint.size)], ["root", checkpoint.root]);
  }
  if (verdict.signed_by !== null)
    facts.push([verdict.verdict === "valid" ? "signed by" : "key, as the bundle says", verdict.signed_by]);
  if (verdict.cosigned_by.length > 0) facts.push(["cosigned by", verdict.cosigned_by.join(", ")]);
  if (verdict.verdict === "valid" || verdict.verdict === "untrusted") {
    facts.push(
      ["entries in the bundle", `${verdict.entries}, each in the log's tree`],
      ["chain links", String(verdict.chain_links)],
    );
    for (const proof of verdict.proofs) facts.push([`proof ${proof.name}`, `${proof.state}: ${proof.says}`]);
    facts.push(["policies", `${verdict.policies.length}, ${verdict.policies_missing} named and not enclosed`]);
  }
  if (header !== null)
    facts.push(
      ["made at, as the maker says", header.made_at],
      ["about, as the maker says", JSON.stringify(header.about)],
    );
  return facts;
}

function show(kind: BundleVerdict["verdict"], title: string, why: string): void {
  const verdict = part("verdict", HTMLElement);
  verdict.className = `verdict ${kind}`;
  verdict.textContent = title;
  part("why", HTMLElement).textContent = why;
  for (const id of ["facts", "limits"]) part(id, HTMLElement).replaceChildren();
  entries.hidden = true;
  texts.hidden = true;
  result.hidden = false;
}

function addDocument(title: string, text: string): void {
  const details = document.createElement("details");
  details.append(element("summary", inertLine(title)), element("pre", inertText(text)));
  documents.append(details);
}

function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

file.addEventListener("change", () => {
  const [first] = file.files ?? [];
  if (first !== undefined) choose(first);
});
trust.addEventListener("input", () => void verify());
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const [first] = event.dataTransfer?.files ?? [];
  if (first !== undefined) choose(first);
});
