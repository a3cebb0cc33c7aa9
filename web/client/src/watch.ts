/** A view of an inbox as it moves, over however many connections. */
import { ProblemError, SocketClosed } from "./faults.js";
import type { Conversation, ViewCounts, ViewFrame } from "./frames.js";

export interface WatchedView {
  inbox: string;
  /** `all` when it isn't given. */
  view?: "all" | "mine" | "unassigned" | "waiting" | "spam" | "deleted";
  /** Both when it isn't given. */
  status?: "open" | "closed";
}

/** The first rows of the view, in the order of the list in HTTP, and the inbox's counts. */
export interface ViewNow {
  rows: readonly Conversation[];
  counts: ViewCounts;
}

const time = (row: Conversation): number => Date.parse(row.last_message_at);

export class Watch {
  private readonly byId = new Map<string, Conversation>();
  private finish: (why: Error) => void = () => {};
  /** Resolves with the reason when nothing more will be shown: `ProblemError` when the server refused or ended it. */
  readonly ended: Promise<Error>;

  constructor(
    readonly name: string,
    private readonly what: WatchedView,
    private readonly show: (now: ViewNow) => void,
    private readonly unwatch: () => void,
  ) {
    this.ended = new Promise((done) => (this.finish = done));
  }

  /** What asks for it, on each connection anew. */
  frame(): { op: "watch"; ref: string } & WatchedView {
    return { ...this.what, op: "watch", ref: this.name };
  }

  take(frame: ViewFrame): void {
    if (frame.whole) this.byId.clear();
    for (const id of frame.gone) this.byId.delete(id);
    for (const row of frame.rows) this.byId.set(row.id, row);
    const rows = [...this.byId.values()].sort((a, b) => time(b) - time(a) || (a.id < b.id ? -1 : 1));
    this.show({ rows, counts: frame.counts });
  }

  end(why: Error): void {
    this.finish(why);
  }

  refused(problem: ProblemError["problem"]): void {
    this.end(new ProblemError(problem));
  }

  close(): void {
    this.unwatch();
    this.end(new SocketClosed());
  }
}
