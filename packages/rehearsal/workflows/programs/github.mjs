// `node github.mjs FOLDER`: GitHub's own packages, which npm put into the folder, spoken to in
// lines of JSON, an answer to each request.
//
// {"check": PATH, "root": FOLDER}      → {"problems": [[LINE, COLUMN, TEXT, WARNING], ...]}
// {"parse": PATH, "root": FOLDER}      → {"problems": [...], "content": TREE}
// {"evaluate": TREE, "as": "value" | "text" | "truth", "contexts": {...}, "status": {...},
//  "workspace": FOLDER | null,          for hashFiles
//  "modelled": [NAME, ...]}            contexts whose members are all those that may be asked for
//                                      → {"value": ...}
// anything that fails                  → {"error": TEXT}
//
// A TREE is the file as data, with {"${{": EXPRESSION, "source": TEXT} where an expression stands.

import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

// The packages lie in the folder that this is called with. They import JSON as bundlers allow it;
// Node wants the type named.
const installed = pathToFileURL(join(process.argv[2], "package.json")).href;
registerHooks({
  resolve: (name, context, next) =>
    next(name, context.parentURL === import.meta.url ? { ...context, parentURL: installed } : context),
  load: (url, context, next) =>
    next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context),
});
const { data, Evaluator, Lexer, Parser } = await import("@actions/expressions");
const { falsy } = await import("@actions/expressions/result");
const { registerLogger, validate } = await import("@actions/languageservice");
const { isActionDocument } = await import("@actions/languageservice/utils/document-type");
const { clearCache } = await import("@actions/languageservice/utils/workflow-cache");
const { NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");
const { parseAction } = await import("@actions/workflow-parser/actions/action-parser");
const { ensureStatusFunction } = await import(
  "@actions/workflow-parser/model/converter/if-condition"
);
const { TokenType } = await import("@actions/workflow-parser/templates/tokens/types");
const { DiagnosticSeverity } = await import("vscode-languageserver-types");
const { TextDocument } = await import("vscode-languageserver-textdocument");

const EXPRESSION = "${{";

// The language service tells its own failures to a log and then reports no problem at all.
let failure;
registerLogger({ info() {}, warn() {}, log() {}, error: (text) => (failure = text) });

async function check({ check: path, root }) {
  clearCache();
  failure = undefined;
  const text = readFileSync(join(root, path), "utf8");
  const document = TextDocument.create(pathToFileURL(join(root, path)).href, "yaml", 1, text);
  const getFileContent = async (reference) => {
    const content = readFileSync(join(root, reference.path), "utf8");
    return { name: reference.path, content };
  };
  const found = await validate(document, { fileProvider: { getFileContent } });
  if (failure) throw new Error(failure);
  const problems = found.map(({ range: { start }, message, severity }) => [
    start.line + 1, start.character + 1, message, severity === DiagnosticSeverity.Warning,
  ]);
  return { problems };
}

async function parse({ parse: path, root }) {
  const { problems } = await check({ check: path, root });
  if (problems.some(([, , , warning]) => !warning)) return { problems };
  const file = { name: path, content: readFileSync(join(root, path), "utf8") };
  const parser = isActionDocument(`/${path}`) ? parseAction : parseWorkflow;
  return { problems, content: tree(parser(file, new NoOperationTraceWriter()).value) };
}

function tree(token) {
  const expression = (text, source) => ({ [EXPRESSION]: text, source });
  if (["job-if", "step-if"].includes(token.definition?.key)) {
    const text = token.isExpression ? token.expression : token.value.trim();
    return expression(ensureStatusFunction(text || "true", token.definitionInfo), token.source);
  }
  switch (token.templateTokenType) {
    case TokenType.Mapping:
      return Object.fromEntries([...token].map(({ key, value }) => [key.toString(), tree(value)]));
    case TokenType.Sequence:
      return [...token].map(tree);
    case TokenType.BasicExpression:
      return expression(token.expression, token.source);
    case TokenType.Null:
      return null;
    default:
      return token.value;
  }
}

// A context of which only a part is modelled; what is not must not pass for empty.
class Modelled extends data.Dictionary {
  get(key) {
    const value = super.get(key);
    if (value === undefined) throw new Error(`${key} of a context is not known here`);
    return value;
  }
}

function evaluate({ evaluate: what, as, contexts, status, workspace, modelled = [] }) {
  const context = new data.Dictionary(
    ...Object.entries(contexts).map(([key, value]) => ({
      key,
      value: modelled.includes(key) ? new Modelled(...revived(value).pairs()) : revived(value),
    })),
  );
  const functions = new Map(
    Object.entries(status).map(([name, value]) => [name, callable(name, () => value)]),
  );
  functions.set("hashfiles", {
    ...callable("hashFiles"),
    call: (...patterns) => new data.StringData(hashFiles(workspace, patterns)),
  });
  const names = Object.keys(contexts);
  const one = (text) => {
    const parsed = new Parser(new Lexer(text).lex().tokens, names, [...functions.values()]).parse();
    return new Evaluator(parsed, context, functions).evaluate();
  };
  const walk = (part) => {
    if (Array.isArray(part)) return part.map(walk);
    if (part && typeof part === "object" && EXPRESSION in part) return as_(one(part[EXPRESSION]));
    if (part && typeof part === "object")
      return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, walk(value)]));
    return as_(revived(part));
  };
  const as_ = (value) =>
    as === "text" ? value.coerceString() : as === "truth" ? !falsy(value) : plain(value);
  return { value: walk(what) };
}

// The digest of the files' digests (src/Misc/expressionFunc/hashFiles in github.com/actions/runner).
function hashFiles(workspace, patterns) {
  if (!workspace) throw new Error("hashFiles has no files here");
  const digest = (content) => createHash("sha256").update(content).digest();
  const names = patterns.flatMap((one) => globSync(one.coerceString(), { cwd: workspace })).sort();
  const files = names.map((name) => digest(readFileSync(join(workspace, name))));
  return files.length ? digest(Buffer.concat(files)).toString("hex") : "";
}

// How many arguments a place allows, the parser has checked by GitHub's schema.
const callable = (name, answer) => ({
  name, minArgs: 0, maxArgs: Number.MAX_SAFE_INTEGER, call: () => new data.BooleanData(answer()),
});
const revived = (value) => JSON.parse(JSON.stringify(value), data.reviver);
const plain = (value) => JSON.parse(JSON.stringify(value, data.replacer));

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const act = { check, parse, evaluate }[Object.keys(request)[0]];
  let answer;
  try {
    answer = await act(request);
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
