// Loaded before the tests: a test file fails that ends its own process, which else passes with what it has not yet
// tested, or that does not end. The processes and threads that a test starts are its own affair.
import { isMainThread } from "node:worker_threads";

const LONGEST_MS = Number(process.env["CANOPY_TEST_FILE_MS"] ?? 600_000);

const isTestFile = process.env["NODE_TEST_CONTEXT"] !== undefined && process.channel === undefined && isMainThread;
if (isTestFile) {
  const exit = process.exit.bind(process);
  const fail = (why) => {
    process.stderr.write(`${process.argv[1]}: ${why}\n`);
    exit(1);
  };
  process.exit = (code) => fail(`the file called process.exit(${code ?? ""}): expected it to end by itself`);
  // Keeps nothing alive: it comes only where something else does.
  setTimeout(() => fail(`the file had not ended after ${LONGEST_MS} ms`), LONGEST_MS).unref();
}
