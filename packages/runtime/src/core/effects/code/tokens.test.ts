import { testCode } from "../../../runtime/answers.fixture.test.ts";

testCode("Perl's arrays stand in commands, too", "perl", {
  REQUIRE_APPROVAL: [
    '@x = ("rm", "-rf", "/"); `@x`;',
    'my @c = ("rm -rf /"); print `@c`;',
    "`@ARGV`",
    'my @x = ("rm","-rf","/"); my $r = qx(@x);',
    "`$c @{[reverse @x]}`",
  ],
  ALLOW: ['my @a = (1, 2); print "@a\\n";', "print `git log`;"],
});

testCode("Perl's arrays stand in commands, too", "ruby", {
  ALLOW: ["puts `git log --author=a@example.com`"],
});

testCode("every piece of code in a text is read, however many there are", "python", {
  DENY: [
    'print(f"' + "{x+1}".repeat(64) + "{__import__('os').system('rm -rf /')}\")",
    'print(f"' + "{x+1}".repeat(300) + "{__import__('os').system('rm -rf /')}\")",
  ],
  REQUIRE_APPROVAL: ['print(f"{[' + "1,".repeat(10500) + "__import__('os').system('rm -rf /')]}\")"],
  ALLOW: ['print(f"' + "{x+1}".repeat(70) + '")'],
});

testCode("every piece of code in a text is read, however many there are", "javascript", {
  DENY: ["console.log(`" + "${x+1}".repeat(64) + '${require("child_process").execSync("rm -rf /")}`)'],
});

testCode("every piece of code in a text is read, however many there are", "ruby", {
  DENY: ['puts "' + "#{x+1}".repeat(64) + '#{system("rm -rf /")}"'],
});
