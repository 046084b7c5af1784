// Programs that compute, build, check, convert or show: known, and harmless by themselves. Safety never rests on these
// rows: without them the same verdicts hold, with a low finding for each unknown program.

import { shape } from "./options.ts";
import type { ProgramRow } from "./program.ts";
import { converter, harmless } from "./rows.ts";

const COREUTILS = "https://www.gnu.org/software/coreutils/manual/coreutils.html";

/** Rows that mark programs as known. */
export const HARMLESS: readonly ProgramRow[] = [
  harmless(
    "basename dirname realpath readlink seq factor expr test [ [[ mktemp tempfile pathchk pwd cd pushd popd dirs hash which whereis cal ncal gcal bc calc units qalc getconf getopt getopts tput clear reset stty setterm locale localedef hostid lsns lsfd lsipc ipcs lslocks lslogins banner figlet toilet cowsay fortune lolcat cmatrix neofetch fastfetch screenfetch dateutils timer stopwatch mcookie uuidgen uuid pwgen apg xkcdpass spell aspell hunspell ispell enchant languagetool proselint vale write-good codespell typos",
    COREUTILS,
  ),
  converter(
    "icc nvcc rustc ghc-pkg gfortran gnat gdc ldc2 dmd fpc javac kotlinc-jvm scalac groovyc csc mcs fsc tsc swc esbuild babel nasm yasm as ld ld.lld gold lld mold strip objcopy dlltool windres ccmake cpack ctest meson ninja samu bazel bazelisk buck2 pants gradle gradlew ant sbt lein bloop mill scons waf premake5 xmake autoconf automake autoreconf aclocal libtool configure bison yacc flex lex protoc buf thrift flatc swig gperf qmake moc uic rcc valac vala emcc emcmake emmake wasm-pack wasm-opt wat2wasm trunk webpack rollup vite parcel gulp grunt brunch snowpack tsup unbuild ncc nexe just task mage invoke tox-build",
    "https://gcc.gnu.org/onlinedocs/gcc/",
    shape("oIDLlWfOxtTjG", "output std target sysroot build"),
  ),
  harmless(
    "pytest py.test tox nox jest vitest mocha ava tap jasmine karma cypress playwright rspec minitest cucumber phpunit pest behat codeception gotestsum ginkgo cargo-nextest bats shellspec shunit2 robot behave nose2 unittest coverage nyc c8 lcov genhtml gcov gcovr kcov codecov mutmut stryker hypothesis eslint prettier standard xo biome oxlint oxfmt knip stylelint tslint jshint jscs htmlhint markdownlint markdownlint-cli2 remark commitlint cspell pylint flake8 ruff black isort mypy pyright pytype pyre bandit pydocstyle pycodestyle pyflakes autopep8 yapf autoflake vulture radon interrogate rubocop standardrb reek brakeman sorbet srb phpstan psalm phpcs phpcbf php-cs-fixer phpmd phan parallel-lint rector golint golangci-lint staticcheck gofmt goimports gofumpt clippy-driver rustfmt clang-format clang-tidy cppcheck cpplint astyle uncrustify indent splint infer shellcheck shfmt checkbashisms hlint ormolu fourmolu brittany stylish-haskell elm-format elm-test ktlint detekt checkstyle pmd spotbugs google-java-format scalafmt scalafix swiftlint swiftformat dartfmt credo dialyzer yamllint jsonlint actionlint ansible-lint kube-linter kubeval kubeconform terraform-docs terraform-ls sqlint pre-commit husky lint-staged danger semgrep sonar-scanner snyk npm-check npm-check-updates ncu depcheck madge size-limit license-checker reuse scancode",
    "https://docs.pytest.org/en/stable/reference/reference.html",
  ),
  converter(
    "pandoc asciidoctor asciidoc sphinx-build mkdocs hugo jekyll zola eleventy gatsby doxygen javadoc typedoc jsdoc pydoc-markdown rustdoc latex pdflatex xelatex lualatex latexmk tex pdftex bibtex biber makeindex groff troff nroff tbl eqn mandoc dvips dvipdfm ps2pdf pdf2ps pdftk qpdf pdfunite pdfseparate pdfimages pdftoppm pdftocairo pdfinfo mutool gs ghostscript cpdf ocrmypdf tesseract wkhtmltopdf wkhtmltoimage weasyprint img2pdf rsvg-convert cairosvg svgo dot neato fdp sfdp twopi circo gvpr mmdc plantuml d2 ditaa optipng pngquant pngcrush oxipng zopflipng jpegoptim jpegtran cjpeg djpeg cwebp dwebp gifsicle avifenc heif-convert exiv2 jhead potrace autotrace inkscape lame oggenc flac opusenc faac mid2agb csvtool xlsx2csv ssconvert unoconv csvkit miller datamash jupyter jupytext nbconvert papermill quarto marp reveal-md fontforge ttx pyftsubset msgfmt msgmerge xgettext po2json",
    "https://pandoc.org/MANUAL.html",
    shape("otfTmgsdrqQ", "output to from template metadata toc-depth css format outdir"),
  ),
  harmless(
    " alias unalias bind builtin caller compgen complete compopt declare typeset enable export let local logout mapfile readarray readonly read return select set shift shopt suspend times trap umask unset break continue exit : . source eval-view",
    "https://www.gnu.org/software/bash/manual/html_node/Shell-Builtins.html",
  ),
  harmless(
    "iperf iperf3 netperf nuttcp caddy mitmproxy mitmdump mitmweb waymore waybackurls gau shodan censys amass subfinder assetfinder sublist3r theHarvester katana hakrawler mozillavpn nordvpn openvpn3 warp-cli protonvpn-cli ctags etags cscope global gtags universal-ctags tokei cloc scc loc sloccount git-quick-stats onefetch fzy sk peco percol gum dialog whiptail zenity kdialog yad rofi dmenu wofi notify-send terminal-notifier ts spd-say espeak festival hledger ledger beancount gnucash-cli todo.sh taskwarrior timew jrnl calcurse remind when khal vdirsyncer newsboat cmus mocp ncmpcpp mpc playerctl pactl pamixer amixer alsamixer aplay arecord pulsemixer pavucontrol xrandr xset xprop xwininfo xmodmap setxkbmap xinput xdpyinfo glxinfo vainfo vulkaninfo wlr-randr swaymsg i3-msg hyprctl bspc qtile niri feh sxiv imv eog gpicview zathura evince okular mupdf llpp xpdf gv ristretto gwenview nautilus dolphin thunar pcmanfm caja nemo libinput brightnessctl light acpi upower sensors lm-sensors ddcutil xbacklight redshift gammastep asciinema terminalizer ttyrec vhs silicon carbon-now ldd pldd pahole c++filt dwarfdump bloaty gprof callgrind_annotate kcachegrind cachegrind flamegraph py-spy memray scalene viztracer rbspy speedscope gource graph-easy",
    "https://docs.ctags.io/",
  ),
];
