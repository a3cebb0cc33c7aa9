"use strict";

/**
 * Reads the YAML that our own descriptions are written in: block and flow collections, plain, quoted, literal and folded text.
 * No anchors, tags, directives or complex keys: what it doesn't know it refuses, with the line. Words are those of YAML 1.2's
 * JSON schema; dates stay text.
 */
function parseYaml(text) {
  const reader = new YamlReader(text);
  const value = reader.block(0);
  reader.skipBlank();
  if (reader.row < reader.lines.length) reader.fail("something is left over");
  return value;
}

class YamlReader {
  constructor(text) {
    this.lines = text.split(/\r?\n/);
    this.row = 0;
    this.column = 0;
  }

  fail(why) {
    throw new Error(`line ${this.row + 1}: ${why}`);
  }

  indentOf(row) {
    return this.lines[row].search(/[^ ]|$/);
  }

  skipBlank() {
    while (this.row < this.lines.length && /^\s*(#.*)?$/.test(this.lines[this.row])) this.row += 1;
  }

  /** The collection or scalar that begins on the next line with something on it, if that is indented by `least` or more. */
  block(least) {
    this.skipBlank();
    if (this.row >= this.lines.length) return null;
    const indent = this.indentOf(this.row);
    if (indent < least) return null;
    const line = this.lines[this.row];
    if (/^-( |$)/.test(line.slice(indent))) return this.sequence(indent);
    if (this.keyAt(indent)) return this.mapping(indent);
    this.column = indent;
    return this.inline(least - 1);
  }

  sequence(indent) {
    const items = [];
    for (;;) {
      this.skipBlank();
      if (this.row >= this.lines.length || this.indentOf(this.row) !== indent) break;
      const line = this.lines[this.row];
      if (!/^-( |$)/.test(line.slice(indent))) break;
      this.lines[this.row] = " ".repeat(indent + 1) + line.slice(indent + 1); // what follows the dash stands as if below it
      items.push(this.block(indent + 1));
    }
    return items;
  }

  mapping(indent) {
    const members = {};
    for (;;) {
      this.skipBlank();
      if (this.row >= this.lines.length) break;
      const found = this.indentOf(this.row);
      if (found < indent) break;
      if (found > indent) this.fail("this is indented too far");
      const key = this.keyAt(indent);
      if (!key) {
        if (/^-( |$)/.test(this.lines[this.row].slice(indent))) break;
        this.fail("a key is missing here");
      }
      if (Object.hasOwn(members, key.name)) this.fail(`${key.name} stands here twice`);
      this.column = key.after;
      members[key.name] = this.member(indent);
    }
    return members;
  }

  /** The key at `column` of this line and where its value begins, or nothing. */
  keyAt(column) {
    const rest = this.lines[this.row].slice(column);
    const quoted = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*:(?= |$)/.exec(rest);
    if (quoted) return { name: unquoted(quoted[1]), after: column + quoted[0].length };
    if (/^["'[\]{}#&*!|>%@`,]/.test(rest)) return null;
    const plain = /^(.*?)\s*:(?= |$)/.exec(rest);
    if (!plain || / #/.test(plain[1])) return null;
    return { name: plain[1], after: column + plain[0].length };
  }

  member(indent) {
    const rest = this.lines[this.row].slice(this.column);
    if (!/^\s*(#.*)?$/.test(rest)) {
      this.column += rest.search(/\S/);
      return this.inline(indent);
    }
    this.row += 1;
    this.skipBlank();
    if (this.row >= this.lines.length) return null;
    const below = this.indentOf(this.row);
    if (below === indent && /^-( |$)/.test(this.lines[this.row].slice(indent))) return this.sequence(indent);
    return this.block(indent + 1);
  }

  /** The value that begins at `row` and `column`, inside something indented by `outer`. Ends at the next line. */
  inline(outer) {
    const first = this.lines[this.row][this.column];
    if (first === "|" || first === ">") return this.text(outer);
    if (/[&*!%@`]/.test(first)) this.fail(`${first} is not understood`);
    if (/["'[{]/.test(first)) {
      const value = this.flow();
      if (!/^\s*(#.*)?$/.test(this.lines[this.row].slice(this.column))) this.fail("something follows the value");
      this.row += 1;
      return value;
    }
    const parts = [uncommented(this.lines[this.row].slice(this.column))];
    for (this.row += 1; this.row < this.lines.length; this.row += 1) {
      const line = this.lines[this.row];
      if (/^\s*$/.test(line) || this.indentOf(this.row) <= outer || /^\s*#/.test(line)) break;
      if (/:( |$)/.test(uncommented(line))) this.fail("a key inside a text");
      parts.push(uncommented(line.trim()));
    }
    return scalar(parts.join(" "));
  }

  /** Literal (`|`) and folded (`>`) text. */
  text(outer) {
    const header = /^([|>])([+-]?)\s*(#.*)?$/.exec(this.lines[this.row].slice(this.column));
    if (!header) this.fail("this text's head is not understood");
    const lines = [];
    let indent = 0;
    for (this.row += 1; this.row < this.lines.length; this.row += 1) {
      const line = this.lines[this.row];
      const found = this.indentOf(this.row);
      if (found < line.length) {
        if (indent === 0) indent = found;
        if (found <= outer || found < indent) break;
      }
      lines.push(line.slice(indent));
    }
    let kept = lines.length;
    while (kept > 0 && lines[kept - 1] === "") kept -= 1;
    const body = header[1] === "|" ? lines.slice(0, kept).join("\n") : folded(lines.slice(0, kept));
    if (header[2] === "-" || kept === 0) return body;
    return body + (header[2] === "+" ? "\n".repeat(lines.length - kept + 1) : "\n");
  }

  // ---- flow: character by character, over the ends of lines

  peek() {
    const line = this.lines[this.row];
    if (line === undefined) this.fail("the end comes too early");
    return this.column < line.length ? line[this.column] : "\n";
  }

  next() {
    const found = this.peek();
    if (found === "\n") {
      this.row += 1;
      this.column = 0;
    } else {
      this.column += 1;
    }
    return found;
  }

  skipSpace() {
    for (;;) {
      const found = this.peek();
      if (found === "#") {
        this.column = this.lines[this.row].length;
      } else if (found !== " " && found !== "\n") {
        return found;
      }
      this.next();
    }
  }

  flow() {
    const first = this.skipSpace();
    if (first === "[") return this.flowSequence();
    if (first === "{") return this.flowMapping();
    if (first === '"' || first === "'") return this.quoted();
    return scalar(this.flowPlain());
  }

  flowSequence() {
    const items = [];
    for (this.next(); this.skipSpace() !== "]"; ) {
      items.push(this.flow());
      if (this.skipSpace() === ",") this.next();
      else if (this.peek() !== "]") this.fail("a comma is missing in a list");
    }
    this.next();
    return items;
  }

  flowMapping() {
    const members = {};
    for (this.next(); this.skipSpace() !== "}"; ) {
      const name = /["']/.test(this.peek()) ? this.quoted() : this.flowPlain();
      let value = null;
      if (this.skipSpace() === ":") {
        this.next();
        if (!/[,}]/.test(this.skipSpace())) value = this.flow();
      }
      members[name] = value;
      if (this.skipSpace() === ",") this.next();
      else if (this.peek() !== "}") this.fail("a comma is missing in a map");
    }
    this.next();
    return members;
  }

  flowPlain() {
    let out = "";
    for (;;) {
      const found = this.peek();
      if (/[,[\]{}]/.test(found)) break;
      const after = this.lines[this.row][this.column + 1] ?? " ";
      if (found === ":" && /[ ,[\]{}]/.test(after)) break;
      if (found === "#" && /\s$/.test(out)) break;
      out += this.next();
    }
    out = out.replace(/\s+/g, " ").trim();
    if (out === "") this.fail("a value is missing");
    return out;
  }

  quoted() {
    const mark = this.next();
    let raw = mark;
    for (;;) {
      const found = this.next();
      raw += found;
      if (found === "\\" && mark === '"') raw += this.next();
      else if (found === mark && mark === "'" && this.peek() === "'") raw += this.next();
      else if (found === mark) break;
    }
    return unquoted(raw);
  }
}

/** What a plain word stands for. */
function scalar(word) {
  if (word === "" || word === "~" || word === "null") return null;
  if (word === "true") return true;
  if (word === "false") return false;
  if (/^[-+]?(\d+|\d*\.\d+([eE][-+]?\d+)?|\d+\.\d*)$/.test(word)) return Number(word);
  return word;
}

function uncommented(line) {
  return line.replace(/(^|\s+)#.*$/, "").trimEnd();
}

function unquoted(raw) {
  const inside = raw.slice(1, -1).replace(/[ \t]*\n[ \t]*((?:\n[ \t]*)*)/g, (_, more) => (more ? "\n".repeat(more.split("\n").length - 1) : " "));
  if (raw[0] === "'") return inside.replaceAll("''", "'");
  const short = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", 0: "\0", e: "\x1b", a: "\x07", N: "\x85", _: "\xa0" };
  return inside.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g, (_, two, four, eight, one) =>
    one === undefined ? String.fromCodePoint(parseInt(two ?? four ?? eight, 16)) : one === "\n" ? "" : (short[one] ?? one));
}

function folded(lines) {
  let out = "";
  lines.forEach((line, at) => {
    out += line;
    if (at + 1 === lines.length) return;
    const below = lines[at + 1];
    const indented = /^\s/.test(line) || /^\s/.test(below);
    if (line === "") out += "\n";
    else if (indented || below === "") out += indented ? "\n" : "";
    else out += " ";
  });
  return out;
}

