import { testCommands } from "../../../runtime/answers.fixture.test.ts";

testCommands("scripts for programs that need nobody to watch", {
  DENY: [
    "gimp -i -b '(file-delete \"/etc/x\")' -b '(gimp-quit 0)'",
    'gimp -b \'(gimp-file-save 1 2 3 "/etc/x" "x")\'',
    "blender -b a.blend -o /etc/x -f 1",
    "blender -b --python-expr 'import os; os.remove(\"/etc/x\")'",
    "libreoffice --headless --convert-to pdf --outdir /etc a.docx",
  ],
  REQUIRE_APPROVAL: [
    "blender -P /tmp/x.py",
    "blender -b -P /tmp/x.py",
    'gimp -i -b "$CODE"',
    "soffice 'macro:///Standard.Module1.Main'",
  ],
  ALLOW: [
    "blender a.blend",
    "blender -b a.blend -P x.py",
    "blender -b a.blend -o out/ -a",
    "gimp a.png",
    "gimp -b '(gimp-quit 0)'",
    "soffice --headless --convert-to pdf a.docx --outdir out",
  ],
});
