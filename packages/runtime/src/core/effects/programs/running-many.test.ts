import { describe } from "node:test";
import { decides } from "../shell/decisions.fixture.test.ts";

describe("commands for each item are judged with the items, wherever these come from", () => {
  decides({
    ALLOW: [
      "echo a.txt | xargs -i% cat %",
      "parallel gzip ::: a b",
      "parallel rm ::: a.o b.o",
      "parallel --tag echo ::: a",
      "echo a > list; parallel cat :::: list",
      "parallel echo '{= $_ = uc $_ =}' ::: a",
      "watchexec -r npm test",
    ],
    REQUIRE_APPROVAL: [
      "parallel rm :::: list",
      "parallel rm -r ::: a b :::: list",
      "parallel rm ::::+ list",
      "parallel -a list rm -r",
      "cat b | parallel -a list rm -r",
      "xargs -a list rm",
    ],
    DENY: [
      "echo /etc | xargs --replace rm -r {}",
      "echo /etc | xargs --replace=% rm -r %",
      "echo /etc | xargs -i% rm -r %",
      "echo /etc | xargs -0i% rm -r %",
      "echo /etc | xargs -i rm -r {}",
      "echo /etc | xargs -J % rm -r %",
      "echo /etc | xargs -eI rm -r",
      "parallel rm -r ::: a ::: /etc",
      "parallel rm -r :::+ /etc",
      "parallel rm -r ::: a ::::+ list ::: /etc",
      "parallel --arg-sep ,, rm -r ,, /etc",
      "echo /etc > list; parallel rm -r :::: list",
      "echo /etc > list; parallel -a list rm -r",
      "echo /etc | parallel rm -r :::: -",
      "parallel echo '{= unlink \"/etc/x\" =}' ::: a",
      "parallel --tag rm -r ::: /etc",
      "parallel --header : rm -r ::: x /etc",
      "watchexec -r rm -r /etc/x",
      "reflex -s rm -r /etc/x",
    ],
  });
});
