/**
 * Which names a file declares, as far as patterns can tell: variables, functions, types, parameters, and the members
 * of classes, interfaces, enums and object types. Names that are only used belong to others and are not listed.
 */
import { closing, pieces, type Scanned } from "./source.js";

/** A declared name and where it stands. */
export interface DeclaredName {
  readonly name: string;
  readonly offset: number;
}

const identifier = "[A-Za-z_$][\\w$]*";
const modifiers =
  "(?:(?:public|private|protected|readonly|static|abstract|override|async|declare|accessor|get|set)\\s+)*";
const parameter = new RegExp(`^\\s*${modifiers}(?:\\.\\.\\.)?(${identifier})\\??\\s*(:|=(?![=>])|$)`);
const field = new RegExp(`^\\s*${modifiers}\\*?\\s*#?(${identifier})\\s*[?!]?\\s*(?:[:(=<]|$)`);

/** All declared names, in no particular order; a name may come twice. */
export function declaredNames({ code }: Scanned): DeclaredName[] {
  return [...statementNames(code), ...importedNames(code), ...parameterNames(code), ...fieldNames(code)];
}

/** The words of a name, in lower case: `peerListBytes` → peer, list, bytes. */
export function wordsOf(name: string): string[] {
  const spaced = name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/([A-Z])([A-Z][a-z])/g, "$1 $2");
  return spaced
    .split(/[^A-Za-z]+/)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());
}

function statementNames(code: string): DeclaredName[] {
  const found: DeclaredName[] = [];
  const plain = new RegExp(`\\b(?:const|let|var|function\\*?|class|interface|enum|namespace)\\s+(${identifier})`, "g");
  const alias = new RegExp(`(?<!\\bimport\\s+)\\btype\\s+(${identifier})\\s*(?:=|<)`, "g");
  for (const match of [...code.matchAll(plain), ...code.matchAll(alias)]) found.push(named(match, 1));
  for (const match of code.matchAll(/\b(?:const|let|var)\s*([[{])/g)) {
    const open = match.index + match[0].length - 1;
    found.push(...boundNames(code, open));
    // `const enum` and `const x of` aside, further declarators are rare and on their own lines.
  }
  return found.filter(({ name }) => name !== "enum");
}

function importedNames(code: string): DeclaredName[] {
  const found: DeclaredName[] = [];
  for (const match of code.matchAll(/\bimport\b([^;("'`]*)\bfrom\b/g)) {
    for (const alias of match[0].matchAll(new RegExp(`\\bas\\s+(${identifier})`, "g"))) {
      found.push({ name: alias[1]!, offset: match.index + alias.index });
    }
  }
  return found;
}

function parameterNames(code: string): DeclaredName[] {
  const found: DeclaredName[] = [];
  for (const match of code.matchAll(new RegExp(`(${identifier})\\s*=>`, "g"))) found.push(named(match, 1));
  for (let open = code.indexOf("("); open >= 0; open = code.indexOf("(", open + 1)) {
    const close = closing(code, open);
    const before = code.slice(Math.max(0, open - 80), open);
    const after = code.slice(close + 1, close + 200);
    // Without a type, a name in parentheses is a parameter only where nothing else can stand.
    const certain = /^\s*=>|^\s*:[^=;(){}]*=>/.test(after) || /\b(?:function\*?\s*[\w$]*|catch)\s*$/.test(before);
    for (const piece of pieces(code, open + 1, close, ",")) {
      const simple = parameter.exec(piece.text);
      if (simple !== null) {
        if (certain || simple[2] === ":")
          found.push({ name: simple[1]!, offset: piece.offset + simple[0].search(/\S/) });
        continue;
      }
      const bracket = piece.offset + piece.text.search(/\S/);
      if (code[bracket] !== "{" && code[bracket] !== "[") continue;
      const typed = /^\s*:/.test(code.slice(closing(code, bracket) + 1, close));
      if (certain || typed) found.push(...boundNames(code, bracket));
    }
  }
  return found;
}

/** The names that a destructuring pattern binds; a renamed property keeps its owner's name and does not count. */
function boundNames(code: string, open: number): DeclaredName[] {
  const found: DeclaredName[] = [];
  for (const piece of pieces(code, open + 1, closing(code, open), ",")) {
    const renamed = code[open] === "{" ? /^\s*(?:[\w$]+|\[[^\]]*\]|"\s*")\s*:/.exec(piece.text) : null;
    const start = piece.offset + (renamed?.[0].length ?? 0);
    const target = code.slice(start, piece.offset + piece.text.length);
    const first = start + Math.max(0, target.search(/\S/));
    if (code[first] === "{" || code[first] === "[") found.push(...boundNames(code, first));
    else {
      const name = new RegExp(`^\\s*(?:\\.\\.\\.)?(${identifier})`).exec(target)?.[1];
      if (name !== undefined) found.push({ name, offset: first });
    }
  }
  return found;
}

function fieldNames(code: string): DeclaredName[] {
  const found: DeclaredName[] = [];
  for (const match of code.matchAll(/\b(class|interface|enum)\s+[\w$]+[^{;()]*\{/g)) {
    found.push(...bodyNames(code, match.index + match[0].length - 1, match[1] === "enum" ? "," : ";"));
  }
  for (const match of code.matchAll(/(?<!\bimport\s+)\btype\s+[\w$]+\s*(?:<[^=;]*>)?\s*=/g)) {
    const start = match.index + match[0].length;
    const end = start + pieces(code, start, code.length, ";")[0]!.text.length;
    for (let i = start; i < end; i++) {
      if (code[i] === "{") found.push(...bodyNames(code, i, ";,"));
      if ("([{".includes(code[i]!)) i = closing(code, i);
    }
  }
  return found;
}

function bodyNames(code: string, open: number, separators: string): DeclaredName[] {
  const found: DeclaredName[] = [];
  const end = closing(code, open);
  for (let start = open + 1; start < end; ) {
    const match = field.exec(code.slice(start, end));
    if (match !== null) found.push({ name: match[1]!, offset: start + match[0].search(/\S/) });
    // A member ends at its separator, or with the body of a method.
    let i = start;
    while (i < end && !separators.includes(code[i]!)) {
      const wasBody = code[i] === "{";
      if ("([{".includes(code[i]!)) i = closing(code, i);
      i++;
      if (wasBody && /^[^\S\n]*\n/.test(code.slice(i, i + 200))) break;
    }
    start = i < end && separators.includes(code[i]!) ? i + 1 : i;
    if (match === null && start === open + 1) start++;
  }
  return found;
}

function named(match: RegExpExecArray, group: number): DeclaredName {
  return { name: match[group]!, offset: match.index + match[0].indexOf(match[group]!) };
}
