// Order statistics over a list of numbers.

/** Sorted copy, with the median, the mean and any quantile of it. */
export function summarize(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const quantile = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  return {
    count: sorted.length,
    min: sorted[0],
    median: quantile(0.5),
    p99: quantile(0.99),
    max: sorted[sorted.length - 1],
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
  };
}
