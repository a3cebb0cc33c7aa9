/** The HTTP interface, typed by docs/openapi.yaml: path, query and body go in, the successful answer comes out. */
import { ProblemError, type Problem } from "./faults.js";
import type { paths } from "./generated/openapi.js";

export type Method = "get" | "post" | "put" | "patch" | "delete";
export type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never;
}[keyof paths];

type OperationOf<P extends keyof paths, M extends Method> = paths[P][M];
type Json<T> = T extends { content: { "application/json": infer Body } } ? Plain<Body> : undefined;
/** A page of a list is described in two parts, one of which doesn't know the items' type. */
type Plain<Body> = Body extends { items: unknown[]; next: string | null }
  ? { items: Body["items"][number][]; next: string | null }
  : Body;
type Success<R> = { [Code in keyof R]: Code extends 200 | 201 | 202 | 204 ? Json<R[Code]> : never }[keyof R];
type PathOf<O> = O extends { parameters: { path: infer Path } } ? { path: Path } : unknown;
type QueryOf<O> = O extends { parameters: { query?: infer Query } } ? { query?: Exclude<Query, undefined> } : unknown;
type BodyOf<O> = O extends { requestBody: { content: { "application/json": infer Body } } } ? { body: Body } : unknown;

export type Answer<P extends keyof paths, M extends Method> =
  OperationOf<P, M> extends { responses: infer Responses } ? Success<Responses> : never;
export type Asked<P extends keyof paths, M extends Method> = PathOf<OperationOf<P, M>> &
  QueryOf<OperationOf<P, M>> &
  BodyOf<OperationOf<P, M>> & { ifMatch?: number | string; idempotencyKey?: string; signal?: AbortSignal };
/** Nothing need be said where nothing is required. */
type Rest<T> = object extends T ? [asked?: T] : [asked: T];

interface AnyAsked {
  path?: Record<string, string>;
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
  ifMatch?: number | string;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export class Api {
  /** `url`: the server, such as `http://127.0.0.1:8080`. */
  constructor(
    private readonly url: string,
    private readonly token?: string,
  ) {}

  get<P extends PathWith<"get">>(path: P, ...asked: Rest<Asked<P, "get">>): Promise<Answer<P, "get">> {
    return this.call("get", path, asked[0]);
  }
  post<P extends PathWith<"post">>(path: P, ...asked: Rest<Asked<P, "post">>): Promise<Answer<P, "post">> {
    return this.call("post", path, asked[0]);
  }
  put<P extends PathWith<"put">>(path: P, ...asked: Rest<Asked<P, "put">>): Promise<Answer<P, "put">> {
    return this.call("put", path, asked[0]);
  }
  patch<P extends PathWith<"patch">>(path: P, ...asked: Rest<Asked<P, "patch">>): Promise<Answer<P, "patch">> {
    return this.call("patch", path, asked[0]);
  }
  delete<P extends PathWith<"delete">>(path: P, ...asked: Rest<Asked<P, "delete">>): Promise<Answer<P, "delete">> {
    return this.call("delete", path, asked[0]);
  }

  private async call<T>(method: Method, path: string, given: unknown): Promise<T> {
    const asked = (given ?? {}) as AnyAsked;
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(asked.path?.[name] ?? ""));
    const url = new URL(this.url.replace(/\/$/, "") + filled);
    for (const [name, value] of Object.entries(asked.query ?? {}))
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    const headers: Record<string, string> = {};
    if (this.token !== undefined) headers["Authorization"] = `Bearer ${this.token}`;
    if (asked.body !== undefined) headers["Content-Type"] = "application/json";
    if (asked.ifMatch !== undefined) headers["If-Match"] = typeof asked.ifMatch === "number" ? `"${asked.ifMatch}"` : asked.ifMatch;
    if (asked.idempotencyKey !== undefined) headers["Idempotency-Key"] = asked.idempotencyKey;
    const response = await fetch(url, {
      method: method.toUpperCase(),
      headers,
      ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
      ...(asked.signal ? { signal: asked.signal } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new ProblemError(problemIn(response, text));
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    return (text === "" ? undefined : isJson ? JSON.parse(text) : text) as T;
  }
}

/** Something between us and the server may answer without a problem of the server's. */
function problemIn(response: Response, text: string): Problem {
  if (response.headers.get("Content-Type")?.startsWith("application/problem+json")) return JSON.parse(text) as Problem;
  return { type: "about:blank", title: response.statusText, status: response.status, detail: text.slice(0, 500), code: "unavailable" };
}
