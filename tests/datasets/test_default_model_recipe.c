/// The parts of script/default-model that need no network: taking pictures out of packages, and editing them.
#include "command.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define RECIPE SIAMESE_SOURCE_DIR "/datasets/default-model"

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
}
static void end(void) {
  siam_scratch_remove(folder);
}
TestSuite(default_model_recipe, .init = begin, .fini = end, .timeout = 120);

/// Runs lines of shell in the scratch folder and returns their output, to be compared.
static void expect(int code, const char *said, const char *lines) {
  siam_command_options options = {.folder = folder};
  siam_command_result result = SIAM_RUN(&options, "/bin/bash", "-euc", lines);
  cr_expect_eq(result.code, code, "%s%s", result.out, result.err);
  cr_expect(strstr(result.out, said) != NULL || strstr(result.err, said) != NULL, "%s%s", result.out,
            result.err);
  siam_command_release(&result);
}

static void require_python(void) {
  siam_command_result result = SIAM_RUN(NULL, "/bin/sh", "-c", "/usr/bin/python3 -c 'import numpy, PIL'");
  bool there = result.code == 0;
  siam_command_release(&result);
  if (!there) cr_skip("python3-numpy and python3-pil are not installed");
}

/// Two packages: noise pictures 0 to 3, of which the one to train on has a smaller copy of one to test by, a
/// blank one and an icon.
static const char make_packages[] =
    "/usr/bin/python3 - <<'E'\n"
    "import numpy, pathlib\n"
    "from PIL import Image\n"
    "def save(path, picture):\n"
    "    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)\n"
    "    picture.save(path)\n"
    "made = [Image.fromarray(numpy.random.default_rng(i).integers(0, 256, (9, 9, 3), numpy.uint8))\n"
    "        .resize((300, 200), Image.BICUBIC) for i in range(4)]\n"
    "save('unpacked/one/usr/share/backgrounds/a.png', made[0])\n"
    "save('unpacked/one/usr/share/backgrounds/b.jpg', made[1])\n"
    "save('unpacked/two/usr/share/games/c.png', made[2])\n"
    "save('unpacked/two/usr/share/games/d.png', made[3])\n"
    "save('unpacked/two/usr/share/games/copy.png', made[0].resize((150, 100), Image.BOX))\n"
    "save('unpacked/two/usr/share/games/blank.png', Image.new('RGB', (300, 200), (3, 200, 9)))\n"
    "save('unpacked/two/usr/share/games/icon.png', made[3].resize((16, 16), Image.BOX))\n"
    "E\n"
    "printf 'train two 1 0\\ntest one 1 0\\n' >packages.txt\n";

Test(default_model_recipe, pictures_are_taken_once_and_those_of_the_tests_last) {
  require_python();
  expect(0, "", make_packages);
  expect(0, "train two", RECIPE "/pictures.py unpacked packages.txt pictures");
  expect(0,
         "test/one/backgrounds/0001.png\ntrain/two/pictures/0001.png\ntrain/two/pictures/0002.png\n"
         "train/two/pictures/0003.png\n",
         "cd pictures; find . -name '*.png' | sed 's#^./##' | sort");
  expect(0, "train/two/pictures/0001.png,two,usr/share/games/c.png", "cat pictures/pictures.csv");
  expect(0, "test/one/backgrounds/0001.png,one,usr/share/backgrounds/b.jpg", "cat pictures/pictures.csv");
}

Test(default_model_recipe, variants_come_out_the_same_again_and_differ_from_each_other) {
  require_python();
  expect(0, "", make_packages);
  expect(0, "", RECIPE "/pictures.py unpacked packages.txt pictures");
  expect(0, "first: 3 pictures", RECIPE "/variants.py pictures/train first 4");
  expect(0, "", RECIPE "/variants.py pictures/train second 4 && diff -r first second");
  expect(0, "15\n",
         "cat first/two/*/*/*.png | wc -c >size; md5sum first/two/*/*/*.png | cut -c1-32 | sort -u | wc -l");
}

Test(default_model_recipe, every_standard_edit_makes_a_picture_of_its_own) {
  require_python();
  expect(0, "", make_packages);
  expect(0, "", RECIPE "/pictures.py unpacked packages.txt pictures");
  expect(0, "standard: 1 pictures", RECIPE "/variants.py pictures/train standard 1 --standard");
  expect(0, "all there and different",
         "count=$(grep -cE '^    \\(\"' " RECIPE "/edits.py)\n"
         "[ $(ls standard/*/*/*/*.png | wc -l) = $((count + 1)) ]\n"
         "[ $(md5sum standard/*/*/*/*.png | cut -c1-32 | sort -u | wc -l) = $((count + 1)) ]\n"
         "echo all there and different");
}

/// A drawing is itself in other colours, mirrored, and with a margin; another drawing is not it, even where
/// both fill the same half of a picture. A chequerboard, whose every point of a small copy is grey, is
/// itself, too.
Test(default_model_recipe, one_drawing_in_other_colours_is_one_picture) {
  require_python();
  expect(
      0, "drawing 1111000\nother 0000100\nhalf 0000010\nboard 0000001\n",
      "/usr/bin/python3 - <<'E'\n"
      "import sys\n"
      "import numpy\n"
      "from PIL import Image, ImageOps\n"
      "sys.dont_write_bytecode = True\n"
      "sys.path.insert(0, '" RECIPE "')\n"
      "import pictures\n"
      "shades = numpy.array([[40, 40, 40], [200, 120, 60], [250, 240, 90], [120, 160, 220]], numpy.uint8)\n"
      "others = numpy.array([[220, 230, 240], [10, 90, 30], [160, 80, 160], [60, 20, 20]], numpy.uint8)\n"
      "def drawn(seed, colours):\n"
      "    field = numpy.random.default_rng(seed).integers(0, 4, (4, 4))\n"
      "    return Image.fromarray(colours[numpy.kron(field, numpy.ones((48, 48), int))])\n"
      "def in_half(picture):\n"
      "    whole = Image.new('RGB', (384, 192))\n"
      "    whole.paste(picture, (0, 0))\n"
      "    return whole\n"
      "board = Image.fromarray(numpy.indices((192, 192)).sum(0).astype(numpy.uint8) // 2 % 2 * 255)\n"
      "made = {'drawing': drawn(1, shades), 'recoloured': drawn(1, others),\n"
      "        'mirrored': ImageOps.mirror(drawn(1, others)),\n"
      "        'margin': ImageOps.expand(drawn(1, others), 30, 'white'), 'other': drawn(2, shades),\n"
      "        'half': in_half(drawn(3, shades)), 'board': board}\n"
      "for name, picture in made.items():\n"
      "    picture.save(name + '.png')\n"
      "files = [name + '.png' for name in made]\n"
      "for name, row in zip(made, pictures.one_picture(files, files)):\n"
      "    if name in ('drawing', 'other', 'half', 'board'):\n"
      "        print(name, ''.join(str(int(one)) for one in row))\n"
      "E\n");
}

/// Draw b lies half as far as a, so a's threshold calls much of it same, and b's nothing of a.
Test(default_model_recipe, a_rate_is_judged_by_draws_that_its_threshold_was_not_fitted_on) {
  require_python();
  expect(0, "{'a': (1000, 0.0), 'b': (1000, 0.505)}\n0.2525 0.505\n",
         "/usr/bin/python3 - <<'E'\n"
         "import sys\n"
         "import numpy\n"
         "sys.dont_write_bytecode = True\n"
         "sys.path.insert(0, '" RECIPE "')\n"
         "import choose_rate\n"
         "away = numpy.concatenate([numpy.arange(1000) + 1000, numpy.arange(1000) * 2])\n"
         "shares = choose_rate.left_out(away.astype(numpy.float32), numpy.repeat(['a', 'b'], 1000), 0.01)\n"
         "print(shares)\n"
         "print(*choose_rate.upper_share([share for _, share in shares.values()]))\n"
         "E\n");
}

Test(default_model_recipe, a_package_with_another_checksum_is_refused) {
  require_python();
  expect(0, "",
         "mkdir -p work/debs\n"
         "grep -vE '^(#|$)' " RECIPE "/packages.txt | while read -r role name version sum; do\n"
         "  echo other >work/debs/${name}_${version//:/%3a}_all.deb\n"
         "done\n");
  expect(2, "is not the package of the list; remove it",
         SIAMESE_SOURCE_DIR "/script/default-model $PWD/work fetch");
  expect(2, "there is no step 'fecth'", SIAMESE_SOURCE_DIR "/script/default-model $PWD/work fecth");
}
