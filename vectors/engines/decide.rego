# Entry points that tests ask: a decision as documented, a boolean, an undefined rule, wrong answers, and two that never end.
package canopy

import rego.v1

default decision := {"decision": "ALLOW"}

decision := {"decision": "DENY", "reason": "more than a thousand"} if input.payload.amount > 1000

decision := {"decision": "REQUIRE_APPROVAL", "reason": "more than fifty"} if {
	input.payload.amount > 50
	input.payload.amount <= 1000
}

allowed := count(denied) == 0

denied contains kind if {
	some effect in input.effects
	effect.kind == "net.connect"
	not effect.trusted
	kind := effect.kind
}

listed if input.action.type in data.types

undefined_rule if input.payload.no_such_member

number := 1

unknown_word := {"decision": "MAYBE"}

unknown_member := {"decision": "ALLOW", "permit": true}

long_text := concat("", ["ab" | some _ in numbers.range(1, 50000)])

spins if {
	some i in numbers.range(1, 2000)
	regex.match(concat("", ["(a|b|ab)*(a|b){1,90}c", format_int(i, 10)]), long_text)
}

swells := count(numbers.range(1, 100000000))

clock := time.now_ns()
