/**
 * TypeScript text with its comments and strings blanked out, so that simple patterns can read the rest.
 *
 * TypeScript 7 has no compiler API in JavaScript, and these tests need none: a scanner that knows where comments,
 * strings, templates and regular expressions begin and end is enough to look for names and imports.
 */

/** A file as it is handed to the rules. */
export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A file after scanning. All offsets fit both texts. */
export interface Scanned extends SourceFile {
  /** As long as `text`; what stands in comments, strings, templates and regular expressions is blank, line ends stay. */
  readonly code: string;
  /** Where each comment begins and ends, in order. */
  readonly comments: readonly { readonly start: number; readonly end: number }[];
}

/** One import, re-export or dynamic import. */
export interface Import {
  readonly specifier: string;
  readonly offset: number;
}

const regexMayFollow = new Set(
  "return typeof case in of delete void throw new do else yield await instanceof".split(" "),
);

/** Blanks out comments, strings, template texts and regular expressions. */
export function scan(file: SourceFile): Scanned {
  const { text } = file;
  const isTsx = file.path.endsWith(".tsx");
  const code = text.split("");
  const comments: { start: number; end: number }[] = [];
  /** For each open brace: does a template go on after it? */
  const braces: boolean[] = [];
  let afterValue = false;
  let at = 0;

  const blank = (start: number, end: number) => {
    for (let i = start; i < end; i++) if (code[i] !== "\n") code[i] = " ";
  };
  const comment = (end: number) => {
    blank(at, end);
    comments.push({ start: at, end });
    at = end;
  };
  const template = (start: number) => {
    let end = start;
    while (end < text.length && text[end] !== "`" && !text.startsWith("${", end)) end += text[end] === "\\" ? 2 : 1;
    blank(start, Math.min(end, text.length));
    const expression = text.startsWith("${", end);
    if (expression) braces.push(true);
    afterValue = !expression;
    at = end + (expression ? 2 : 1);
  };

  while (at < text.length) {
    const char = text[at]!;
    if (text.startsWith("//", at)) comment(endOr(text, text.indexOf("\n", at)));
    else if (text.startsWith("/*", at)) comment(endOr(text, text.indexOf("*/", at + 2), 2));
    else if (char === '"' || char === "'") {
      let end = at + 1;
      while (end < text.length && text[end] !== char && text[end] !== "\n") end += text[end] === "\\" ? 2 : 1;
      blank(at + 1, Math.min(end, text.length));
      afterValue = true;
      at = end + 1;
    } else if (char === "`") template(at + 1);
    else if (char === "}" && braces.pop() === true) template(at + 1);
    // `</name>` and `/>` of JSX are no regular expressions.
    else if (char === "/" && isTsx && (text[at - 1] === "<" || text[at + 1] === ">")) at += 1;
    else if (char === "/" && !afterValue && regexEnd(text, at) > at) {
      const end = regexEnd(text, at);
      blank(at + 1, end - 1);
      afterValue = true;
      at = end;
    } else if (/[\w$]/.test(char)) {
      const word = /^[\w$]+/.exec(text.slice(at, at + 200))![0];
      afterValue = !regexMayFollow.has(word);
      at += word.length;
    } else {
      if (char === "{") braces.push(false);
      const keeps =
        /\s/.test(char) || (char === "!" && text[at + 1] !== "=") || /^(?:\+\+|--)/.test(text.slice(at, at + 2));
      if (!keeps) afterValue = char === ")" || char === "]";
      at += keeps && (char === "+" || char === "-") ? 2 : 1;
    }
  }
  return { ...file, code: code.join(""), comments };
}

/** Every module that a file names, type-only imports included. */
export function importsOf(file: Scanned): Import[] {
  const found: Import[] = [];
  for (const match of file.code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(["'`])([^\S\n]*)\1/g)) {
    const start = match.index + match[0].length - 1 - match[2]!.length;
    found.push({ specifier: file.text.slice(start, start + match[2]!.length), offset: start });
  }
  return found;
}

/** The line of an offset, from 1. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < offset; i = text.indexOf("\n", i + 1)) line++;
  return line;
}

/** Where the bracket that opens at `open` closes (the last character, when it never does). */
export function closing(code: string, open: number): number {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    if ("([{".includes(code[i]!)) depth++;
    else if (")]}".includes(code[i]!) && --depth === 0) return i;
  }
  return code.length - 1;
}

/** The pieces of a stretch of code between separators that stand in no bracket. */
export function pieces(
  code: string,
  start: number,
  end: number,
  separators: string,
): { offset: number; text: string }[] {
  const found: { offset: number; text: string }[] = [];
  let from = start;
  for (let i = start; i < end; i++) {
    if ("([{".includes(code[i]!)) i = Math.min(closing(code, i), end - 1);
    if (separators.includes(code[i]!)) {
      found.push({ offset: from, text: code.slice(from, i) });
      from = i + 1;
    }
  }
  found.push({ offset: from, text: code.slice(from, end) });
  return found;
}

function endOr(text: string, index: number, length = 0): number {
  return index < 0 ? text.length : index + length;
}

/** Where a regular expression with its flags ends; `start` when no such thing stands on this line. */
function regexEnd(text: string, start: number): number {
  let inClass = false;
  for (let i = start + 1; i < text.length && text[i] !== "\n"; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "[") inClass = true;
    else if (text[i] === "]") inClass = false;
    else if (text[i] === "/" && !inClass) return i + 1 + /^[a-z]*/.exec(text.slice(i + 1, i + 12))![0].length;
  }
  return start;
}
