/** The application that a long-lived command reads, also after it has died, and after it has started again. */

import { chooseApplication, nameOf, type Application } from './applications';
import { Misuse } from './command';

/** Finds the segment of one application again and again. */
export class Target {
  private constructor(
    private readonly app: string,
    private last: Application,
  ) {}

  /** Finds the application. Rejects as {@link chooseApplication} does. */
  static async of(app: string | undefined): Promise<Target> {
    const found = await chooseApplication(app);
    // By its name from now on: when it has died, another application may be the only one that lives.
    return new Target(app ?? nameOf(found), found);
  }

  /** The application that was found last. */
  get application(): Application {
    return this.last;
  }

  /**
   * Returns the path of the segment. An application that has started again has another one; while none lives, or several
   * do, it is the segment that was found before.
   */
  readonly locate = async (): Promise<string> => {
    try {
      const found = await chooseApplication(this.app);
      if (found.facts.lives || found.path === this.last.path) this.last = found;
    } catch (error) {
      // A path has to be readable at each scrape.
      if (!(error instanceof Misuse)) throw error;
    }
    return this.last.path;
  };
}
