export interface BackoffOptions {
  /** The first pause is at most this. */
  firstMs?: number;
  /** No pause is longer. */
  mostMs?: number;
  /** From 0 up to 1; `Math.random` when absent. */
  random?: () => number;
}

/** Pauses that double, each somewhere between its half and its whole, so that clients of one server don't come back at once. */
export class Backoff {
  private tries = 0;
  private readonly firstMs: number;
  private readonly mostMs: number;
  private readonly random: () => number;

  constructor(options: BackoffOptions = {}) {
    this.firstMs = options.firstMs ?? 200;
    this.mostMs = options.mostMs ?? 15_000;
    this.random = options.random ?? Math.random;
  }

  next(): number {
    const whole = Math.min(this.mostMs, this.firstMs * 2 ** Math.min(this.tries++, 30));
    return whole / 2 + (whole / 2) * this.random();
  }

  reset(): void {
    this.tries = 0;
  }
}
