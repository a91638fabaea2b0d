// Figures as `xtask/src/bench/report.rs` reads them: a list, each with every round.

/** How often each workload is measured. */
export const ROUNDS = Number(process.env.TASWIQ_BENCH_ROUNDS ?? 7);

/**
 * A figure of ours with the same figure of others, taken from the rounds of both.
 *
 * @param {object} what
 * @param {string} what.benchmark `P11`
 * @param {string} what.name as the bound knows it
 * @param {string} what.unit
 * @param {string} what.key under which each round holds it
 * @param {object[]} what.ours
 * @param {Record<string, object[]>} [what.others]
 * @param {string} [what.note]
 */
export function figure({ benchmark, name, unit, key, ours, others = {}, note = "" }) {
  const of = (rounds) => rounds.map((round) => round[key]);
  const theirs = Object.entries(others).map(([who, rounds]) => [who, of(rounds)]);
  return { benchmark, name, unit, rounds: of(ours), others: Object.fromEntries(theirs), note };
}

/** Prints them, as the only thing on standard output. */
export function print(figures) {
  console.log(JSON.stringify(figures, null, 1));
}
