"""Learning curves as pictures: train --plot, curves --plot."""

import os
import re
import shutil
import struct
import xml.etree.ElementTree as xml
import zlib

import cli_test
from cli_test import CliTest, read, write, write_dataset

SVG = "{http://www.w3.org/2000/svg}"


def svg_words(path):
    """The words of a picture, which must be XML that asks nothing of a network."""
    root = xml.fromstring(read(path))
    assert root.tag == SVG + "svg" and b"href" not in read(path) and b"url(" not in read(path)
    return [e.text for e in root.iter(SVG + "text")]


def svg_curves(path):
    """The curves of a picture: (class, points), those of the legend, which are short, left out."""
    paths = [(e.get("class"), re.split("[ML]", e.get("d"))[1:])
             for e in xml.fromstring(read(path)).iter(SVG + "path")]
    return [(kind, points) for kind, points in paths if len(points) > 2]


def png_size(path):
    """Width and height, after a look at every part of the file."""
    content, at, kinds = read(path), 8, []
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at:at + 8])
        body = content[at + 4:at + 8 + length]
        assert zlib.crc32(body) == struct.unpack(">I", content[at + 8 + length:at + 12 + length])[0]
        kinds.append(kind)
        at += 12 + length
    assert kinds[-1] == b"IEND"
    return struct.unpack(">II", content[16:24])


class Plot(CliTest):
    def test_training_draws_its_curves(self):
        out = self.train("--epochs", "3", "--metrics", "mse", "--plot", "--out", "run")
        self.assertEqual(out["plot"], ["run/curves.svg", "run/curves.png"])
        self.assertEqual(sorted(os.listdir(self.path("run"))),
                         ["curves.png", "curves.svg", "history.csv", "model.lathe"])
        words = svg_words(self.path("run", "curves.svg"))
        for word in ("training", "validation", "loss", "accuracy", "mse", "epoch"):
            self.assertIn(word, words)
        self.assertTrue(words[0].startswith("mnist: "), words)
        curves = svg_curves(self.path("run", "curves.svg"))
        self.assertEqual([len(points) for _, points in curves], [3] * 6)
        self.assertEqual(len({kind for kind, _ in curves}), 2)
        self.assertEqual(png_size(self.path("run", "curves.png"))[0], 2 * 888)

    def test_nothing_is_drawn_unasked(self):
        self.assertNotIn("plot", self.train())
        self.assertEqual(sorted(os.listdir(self.path("run"))), ["history.csv", "model.lathe"])

    def test_the_same_training_draws_the_same(self):
        for folder in ("a", "b"):
            self.train("--plot", "--out", folder)
        for name in ("curves.svg", "curves.png"):
            self.assertEqual(read(self.path("a", name)), read(self.path("b", name)))

    def test_resumed_training_draws_all_epochs(self):
        self.train("--out", "run")
        resume = ("train", "mnist", "--data", "data", "--threads", "1", "--plot", "--resume")
        self.json(*resume, "run/model.lathe", "--epochs", "5")
        self.assertEqual({len(p) for _, p in svg_curves(self.path("run", "curves.svg"))}, {5})
        shutil.copy(self.path("run", "model.lathe"), self.path("run", "best.lathe"))
        out = self.json(*resume, "run/best.lathe", "--epochs", "6")
        self.assertEqual(out["plot"], ["run/best.curves.svg", "run/best.curves.png"])
        self.assertEqual({len(p) for _, p in svg_curves(self.path("run", "best.curves.svg"))}, {6})

    def test_one_epoch_is_a_dot(self):
        self.train("--epochs", "1", "--plot")
        self.assertIn(b"<circle", read(self.path("run", "curves.svg")))

    def test_pictures_move_with_their_model(self):
        self.train("--plot")
        picture = read(self.path("run", "curves.svg"))
        self.train("--seed", "1")
        self.assertEqual(sorted(os.listdir(self.path("run"))),
                         ["history.csv", "model.lathe", "previous"])
        self.assertEqual(read(self.path("run", "previous", "curves.svg")), picture)
        self.train("--seed", "2")  # whose predecessor has none
        self.assertEqual(sorted(os.listdir(self.path("run", "previous"))),
                         ["history.csv", "model.lathe"])

    def test_interrupted_training_draws(self):
        write_dataset(self.path("data"), train=2000)
        running = self.start("train", "mnist", "--data", "data", "--hidden", "30", "--batch", "10",
                             "--threads", "1", "--epochs", "100000", "--plot", "--out", "run")
        self.wait_for_file(running, self.path("run", "history.csv"))
        self.assertIn(" --plot", self.interrupt(running).splitlines()[-1])
        self.assertIn("loss", svg_words(self.path("run", "curves.svg")))
        png_size(self.path("run", "curves.png"))

    def test_diverged_training_draws_what_there_was(self):
        write_dataset(self.path("data"))
        done = self.lathe("train", "mnist", "--data", "data", "--hidden", "8,8,8,8",
                          "--activation", "linear", "--loss", "mse", "--optimizer",
                          "sgd(learning_rate=exponential_decay(1e-9, decay_steps=8, "
                          "decay_rate=1e30, staircase=true))",
                          "--scale", "raw", "--batch", "16", "--epochs", "9", "--plot")
        self.assertEqual(done.returncode, 1, done.stderr.decode())
        self.assertEqual(len(read(self.path("run", "history.csv")).splitlines()), 2)
        self.assertIn("loss", svg_words(self.path("run", "curves.svg")))

    def test_a_picture_that_fails_hides_no_error(self):
        write_dataset(self.path("data"))
        write(self.folder, "small.json", '{"layers": [{"type": "Dense", "units": 1}, '
                                         '{"type": "Dense", "units": 10}]}')
        # Room for model and history, but not for the picture.
        self.fails(1, "train", "mnist", "--data", "data", "--model", "small.json", "--loss", "mse",
                   "--optimizer", "sgd(learning_rate=piecewise_constant(boundaries=[8], "
                   "values=[1e-9, 1e30]))", "--scale", "raw", "--batch", "16", "--epochs", "9",
                   "--plot", file_size=12000, says="a smaller learning rate may help")
        self.assertEqual(len(read(self.path("run", "history.csv")).splitlines()), 2)
        self.assertFalse(os.path.exists(self.path("run", "curves.png")))

    def test_a_picture_that_can_not_be_written(self):
        write_dataset(self.path("data"))
        os.makedirs(self.path("run", "curves.svg"))
        self.fails(1, "train", "mnist", "--data", "data", "--hidden", "", "--epochs", "1", "--plot",
                   "--out", "run", says="can't write run/curves.svg")
        self.assertFalse(os.path.exists(self.path("run", "model.lathe")))

    def test_curves_of_several_runs(self):
        self.train("--out", "one")
        self.train("--out", "two", "--epochs", "4")
        self.assertEqual(self.json("curves", "one", "two", "--plot", "both.svg")["plot"],
                         ["both.svg"])
        words = svg_words(self.path("both.svg"))
        for word in ("one, training", "one, validation", "two, training", "two, validation"):
            self.assertEqual(words.count(word), 1, words)
        lengths = [len(points) for _, points in svg_curves(self.path("both.svg"))]
        self.assertEqual(sorted(lengths), [4] * 4)  # two epochs are too short to be told here
        os.mkdir(self.path("pictures"))
        told = self.ok("curves", "one", "--plot", "pictures")
        self.assertIn("drawn in pictures/curves.png", told)
        self.assertEqual(sorted(os.listdir(self.path("pictures"))), ["curves.png", "curves.svg"])
        self.assertIn("validation", svg_words(self.path("pictures", "curves.svg")))
        self.ok("curves", "one", "--plot", "one.png")
        png_size(self.path("one.png"))

    def test_names_that_are_no_letters(self):
        os.mkdir(self.path("größe & <so>"))
        write(self.folder, "größe & <so>/history.csv",
              "epoch,seconds,loss,val_loss\n1,1,2,3\n2,1,nan,2\n3,1,1e300,\n4,1,1,1\n")
        self.ok("curves", "größe & <so>", "--plot", "a.svg")
        self.assertIn("größe & <so>", svg_words(self.path("a.svg")))
        self.ok("curves", "größe & <so>", "--plot", "a.png")
        png_size(self.path("a.png"))

    def test_where_it_can_not_be_drawn(self):
        self.train("--out", "one")
        self.fails(2, "curves", "one", "--plot", "a.gif", says="expected NAME.svg or NAME.png")
        self.fails(1, "curves", "one", "--plot", "none/a.svg", says="none/a.svg")
        self.fails(1, "curves", "none", "--plot", "a.svg", says="none")
        self.assertFalse(os.path.exists(self.path("a.svg")))

    def test_no_room_leaves_the_old_picture(self):
        self.train("--out", "one")
        self.ok("curves", "one", "--plot", "a.svg")
        before = read(self.path("a.svg"))
        self.fails(1, "curves", "one", "--plot", "a.svg", says="a.svg", file_size=100)
        self.assertEqual(read(self.path("a.svg")), before)


if __name__ == "__main__":
    cli_test.main()
