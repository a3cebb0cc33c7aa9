import type { components } from "./generated/openapi.js";

export type Problem = components["schemas"]["problem"];

/** A refusal: a normal "no" of the server, with its stable `code`. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
  }
  get code(): Problem["code"] {
    return this.problem.code;
  }
}

/** The server closed a socket with a code that trying again can't mend: a bad frame, a token that isn't taken. */
export class SocketRefused extends Error {
  override readonly name = "SocketRefused";
  constructor(
    readonly code: number,
    readonly reason: string,
  ) {
    super(`the server closed the socket with ${code}${reason ? `: ${reason}` : ""}`);
  }
}

/** `close()` was called before this was answered. What was published may or may not have become durable. */
export class SocketClosed extends Error {
  override readonly name = "SocketClosed";
  constructor() {
    super("the socket was closed on this side");
  }
}

/** A bounded queue has no room: nothing was queued. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}
