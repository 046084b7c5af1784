// What is written into a file for others, without the secrets that people and agents wrote into a log.

import type { JsonValue } from "canopy-runtime/json";
import { redactSecretsIn } from "canopy-runtime/secrets";

/** A copy of plain data without secrets; the same data when it holds none. Cost: linear. */
export function withoutSecrets<Plain>(plain: Plain): Plain {
  const json: JsonValue = JSON.parse(JSON.stringify(plain));
  const { value, at } = redactSecretsIn(json);
  if (at.length === 0) return plain;
  const redacted: Plain = JSON.parse(JSON.stringify(value));
  return redacted;
}
