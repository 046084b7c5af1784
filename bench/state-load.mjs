// What the state benchmarks decide: a payment, with and without a budget that counts it.

export const AGENT = {
  public_key: "bench-agent",
  trace_id: "bench-trace",
  session_id: "bench",
  spending_limit: "unlimited",
};
export const PAYMENT = ["spend_money", { amount: 0.01, currency: "USD", recipient: "vendor" }];

export const PLAIN = `rules:
  - id: large
    action_type: spend_money
    when_all: payload.amount == 100000000
    deny: true
`;
export const BUDGET = `rules:
  - id: daily-spend
    action_type: spend_money
    budget: {sum: 'spend("USD")', limit: 100000000, window: 24h, per: agent}
    deny: true
`;
