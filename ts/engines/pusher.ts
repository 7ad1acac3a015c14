/** Pushes again and again from the elected isolate: what all engines have in common. */

import { unref } from '../timers';
import type { Election } from './election';
import type { RunningEngine } from './engine';
import { reasonOf } from './reason';
import type { Statistics } from './statistics';

/** What a {@link Pusher} does in its turns. */
export interface Task {
  readonly election: Election;
  push(): Promise<unknown>;
  /** What the elected isolate does at the end in place of a last push. */
  finish?(): Promise<unknown>;
  /** Called in each isolate at the end. */
  close?(): Promise<void>;
  /** Tells the user of an error. Called for each error. */
  warn(error: unknown, reason: string): void;
  /** Null for a registry that cannot show them. */
  readonly statistics: Statistics | null;
}

export class Pusher implements RunningEngine {
  private readonly task: Task;
  private readonly timer: ReturnType<typeof setInterval>;
  private won = false;
  /** The turns that have begun or wait for another turn. */
  private turns = 0;
  /** Resolves when the last of these turns is over. */
  private last: Promise<void> = Promise.resolve();
  private closing: Promise<void> | null = null;

  /** Has its first turn at once. */
  constructor(task: Task, milliseconds: number) {
    this.task = task;
    // Leaves out turns while a slow push is under way: they would queue up.
    const turn = (): void => {
      if (this.turns === 0) this.turn(() => this.push()).catch(() => undefined);
    };
    this.timer = setInterval(turn, milliseconds);
    unref(this.timer);
    turn();
  }

  get elected(): boolean {
    return this.won;
  }

  flush(): Promise<void> {
    return this.closing ?? this.turn(() => this.push());
  }

  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  /** Calls a function in this isolate's next turn, if the isolate is elected. Rejects with the function's error. */
  private turn(call: () => Promise<void>): Promise<void> {
    this.turns++;
    const turn = this.last.then(() => this.inTurn(call));
    const over = (): void => {
      this.turns--;
    };
    this.last = turn.then(over, over);
    return turn;
  }

  private async inTurn(call: () => Promise<void>): Promise<void> {
    try {
      if (await this.elect()) await call();
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  private async elect(): Promise<boolean> {
    this.won = await this.task.election.won();
    this.note((statistics) => {
      if (this.won) statistics.elected();
      else statistics.left();
    });
    return this.won;
  }

  private async push(): Promise<void> {
    await this.task.push();
    this.note((statistics) => {
      statistics.pushed();
    });
  }

  private async end(): Promise<void> {
    clearInterval(this.timer);
    await this.turn(async () => {
      await (this.task.finish?.() ?? this.push());
    }).catch(() => undefined);
    this.won = false;
    this.note((statistics) => {
      statistics.left();
    });
    await this.attempt(() => this.task.election.leave());
    await this.attempt(() => this.task.close?.());
  }

  private async attempt(call: () => void | Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    const reason = reasonOf(error);
    this.note((statistics) => {
      statistics.failed(reason);
    });
    this.task.warn(error, reason);
  }

  /** Keeps statistics. They fail if the program has given another metric one of their names: pushes go on. */
  private note(tell: (statistics: Statistics) => void): void {
    const { task } = this;
    if (task.statistics === null) return;
    try {
      tell(task.statistics);
    } catch (error) {
      task.warn(error, 'statistics');
    }
  }
}
