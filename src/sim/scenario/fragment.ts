/**
 * A scenario as the fragment of an address: `#run=('peers':200,'steps':!(…)~)`. It is the JSON of what differs from the
 * defaults, with the characters that addresses do not allow, and JSON is full of, replaced by others that they do.
 */
import { type Scenario, type ScenarioParts, scenario, scenarioDefaults } from "./scenario.js";

/** JSON's punctuation, and what stands for it. Where a text has one of the latter itself, it is written as `%` and its code. */
const stands: readonly (readonly [json: string, fragment: string])[] = [
  ['"', "'"],
  ["{", "("],
  ["}", ")"],
  ["[", "!"],
  ["]", "~"],
  [":", ":"],
  [",", ","],
];

/** The fragment of a scenario, without its `#`. */
export function scenarioFragment(whole: Scenario): string {
  const parts: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(whole)) {
    const standard = scenarioDefaults[name as keyof Scenario];
    if (JSON.stringify(value) !== JSON.stringify(standard)) parts[name] = value;
  }
  let text = encodeURIComponent(JSON.stringify(parts)).replace(/['()!~]/g, escaped);
  for (const [json, fragment] of stands) text = text.replaceAll(escaped(json), fragment);
  return `run=${text}`;
}

/**
 * The scenario that a fragment holds, with or without its `#`.
 *
 * @throws RangeError for a text that holds none, or an impossible one
 */
export function scenarioOfFragment(fragment: string): Scenario {
  const match = /^#?run=(.+)$/s.exec(fragment);
  if (match === null) throw new RangeError("the address holds no scenario");
  let text = match[1]!;
  for (const [json, stand] of stands) text = text.replaceAll(stand, escaped(json));
  let parts: unknown;
  try {
    parts = JSON.parse(decodeURIComponent(text));
  } catch {
    throw new RangeError("the scenario in the address is garbled, or cut off");
  }
  if (typeof parts !== "object" || parts === null) throw new RangeError("the address holds no scenario");
  try {
    return scenario(parts as ScenarioParts);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new RangeError("the scenario in the address is not one", { cause: error });
  }
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
