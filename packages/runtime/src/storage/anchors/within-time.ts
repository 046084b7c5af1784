// A time-out around what may never answer: a mount whose server is gone, a connection nobody takes.

/** The result of some work, or an error when it takes longer. The work itself is not stopped. */
export async function withinTime<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Late failures have nobody left to tell.
    work.catch(() => undefined);
  }
}
