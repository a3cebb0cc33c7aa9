/** Replies to carry out, each once, and what is told of them. */
import type { Delivery, DeliveryStatus, StatusReport } from "./frames.js";

export type DeliveryAnswer = DeliveryStatus | { status: DeliveryStatus; error?: string };

/** Deliveries that are remembered after they were answered; the router sends one again only until it has the answer. */
const REMEMBERED_MAX = 10_000;
const REPORTS_A_FRAME_MAX = 500;
const ERROR_BYTES_MAX = 250; // of UTF-16, so at most 1,000 bytes

export class Deliveries {
  /** In the order in which they came; null while it is being carried out. */
  private readonly known = new Map<string, StatusReport | null>();
  private waiting: StatusReport[] = [];
  private connected = false;
  private sendDue = false;

  constructor(
    private readonly carryOut: ((message: Delivery) => DeliveryAnswer | Promise<DeliveryAnswer>) | undefined,
    private readonly send: (statuses: StatusReport[]) => void,
  ) {}

  up(): void {
    this.connected = true;
  }

  /** What wasn't told is asked again: the router delivers until it has an answer. */
  down(): void {
    this.connected = false;
    this.waiting = [];
  }

  take(messages: Delivery[]): void {
    for (const message of messages) {
      const answered = this.known.get(message.id);
      if (answered) this.report(answered);
      if (answered === undefined) void this.begin(message);
    }
  }

  report(status: StatusReport): void {
    if (!this.connected) return;
    this.waiting.push(status);
    if (this.sendDue) return;
    this.sendDue = true;
    queueMicrotask(() => {
      this.sendDue = false;
      while (this.waiting.length > 0) this.send(this.waiting.splice(0, REPORTS_A_FRAME_MAX));
    });
  }

  private async begin(message: Delivery): Promise<void> {
    this.known.set(message.id, null);
    const report = await this.outcomeOf(message);
    this.known.set(message.id, report);
    for (const [id, answered] of this.known) {
      if (this.known.size <= REMEMBERED_MAX) break;
      if (answered) this.known.delete(id);
    }
    this.report(report);
  }

  private async outcomeOf(message: Delivery): Promise<StatusReport> {
    try {
      if (!this.carryOut) throw new Error("this connector carries no replies out");
      const answer = await this.carryOut(message);
      return typeof answer === "string" ? { id: message.id, status: answer } : { id: message.id, ...answer };
    } catch (why) {
      const error = (why instanceof Error ? why.message : String(why)).slice(0, ERROR_BYTES_MAX);
      return { id: message.id, status: "failed", error };
    }
  }
}
