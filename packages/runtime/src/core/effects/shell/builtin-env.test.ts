import { describe } from "node:test";
import { decides } from "./decisions.fixture.test.ts";

describe("a command that env splits out of one word", () => {
  decides({
    DENY: ['env -S "rm -rf /etc/$U"', "env -S 'rm -rf /etc/x'"],
    REQUIRE_APPROVAL: [
      'env -S "$U"',
      'env -S "$U ls"',
      "env $U",
      'env "$U"',
      "env -i $U",
      'env --split-string="$U"',
      'env -S"$U"',
      'env -C "$U" rm -rf x',
      'env "$U" ls',
      'env -iS "$U"',
      'env -i -S "$U"',
      'env -S "A=$U ls"',
      'env --split-string "$U"',
      "env -S '${X}'",
      "env -S '${X} -rf /etc/x'",
      'env -S "A=1 $U"',
      'env -S "$(cat f)"',
      '/usr/bin/env -S "$(cat f)"',
    ],
    ALLOW: [
      'env -S "ls $U"',
      "env -S 'ls -l'",
      "env -vS 'bash -c ls'",
      "env --split-string='ls -l'",
      "env -S",
      'env -u "$U" ls',
      'env A=1 -S "$U"',
      'env "A=$U" ls',
      'env PATH="$U" ls',
    ],
  });
});

describe("options of env, cut short or of other systems", () => {
  decides({
    DENY: [
      "env -P /bin rm -rf /etc",
      "env -L user rm -rf /etc",
      "env --default-signal=PIPE rm -rf /etc",
      "env --block-signal rm -rf /etc",
      "env - rm -rf /etc",
      "env -i - rm -rf /etc",
      "env --ignore-env rm -rf /etc",
      "env --uns X rm -rf /etc",
      "env --unset X rm -rf /etc",
      "env --chd /etc rm -rf x",
      "env --chdi=/etc rm -rf x",
      "env --split='rm -rf /etc'",
      "env --split-str 'rm -rf /etc'",
      "env -S 'A=1 rm -rf /etc'",
      "env -S '-i rm -rf /etc'",
      "env -S 'rm\\_-rf\\_/etc'",
      "env -S 'rm -rf \"/etc\"'",
      "env -S \"rm -rf /e''tc\"",
      "env -S 'rm -rf /etc # x'",
      "env -S 'sh -c \"rm -rf /etc\"'",
      "env -S 'echo $(rm -rf /etc)'",
    ],
    REQUIRE_APPROVAL: ["env -S 'rm -rf ${HOME}'", "env -S 'sh -c \"rm -rf $U\"'"],
    ALLOW: ["env -S 'echo a; rm -rf /etc'"],
  });
});
