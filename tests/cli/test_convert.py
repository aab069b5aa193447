"""convert: between Lathe's files and Keras's, on files that real Keras wrote."""

import json
import os

import cli_test
from cli_test import CliTest, read, write

KERAS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "keras", "data")


class Convert(CliTest):
    def setUp(self):
        super().setUp()
        with open(os.path.join(KERAS, "models.json"), encoding="ascii") as file:
            entries = {e["name"]: e for e in json.load(file)["entries"]}
        self.entry = entries["sequential"]
        write(self.folder, "keras.json", self.entry["json"])
        self.weights = os.path.join(KERAS, "models", "sequential")

    def test_there_and_back(self):
        shas = set()
        for end in (".weights.h5", ".h5"):
            out = self.json("convert", "keras.json", "m.lathe", "--weights", self.weights + end)
            self.assertEqual((out["to"], out["format"]), ("m.lathe", ".lathe"))
            shas.add(out["weights_sha256"])
            self.assertEqual(self.ok("convert", "m.lathe", "again" + end),
                             f"again{end}: weights as of Keras {3 if 'weights' in end else 2}\n")
            self.ok("convert", "m.lathe", "again.json", *(() if "weights" in end else ("--keras2",)))
            out = self.json("convert", "again.json", "n.lathe", "--weights", "again" + end)
            shas.add(out["weights_sha256"])
        self.assertEqual(len(shas), 1)
        rows = "\n".join(",".join(map(str, self.entry["inputs"][0][i * 6:i * 6 + 6]))
                         for i in range(self.entry["rows"]))
        write(self.folder, "rows.csv", rows)
        shown = self.json("predict", "n.lathe", "rows.csv")["predictions"]
        for found, wanted in zip(sum((p["probabilities"] for p in shown), []),
                                 self.entry["outputs"][0]):
            self.assertAlmostEqual(found, wanted, places=5)

    def test_the_same_bytes(self):
        for name in ("a", "b"):
            self.ok("convert", "keras.json", f"{name}.weights.h5", "--weights", self.weights + ".h5")
        self.assertEqual(read(self.path("a.weights.h5")), read(self.path("b.weights.h5")))

    def test_keras_json_trains(self):
        cli_test.write_dataset(self.path("data"))
        model = {"class_name": "Sequential", "config": {"name": "s", "layers": [
            {"class_name": "Dense", "config": {"name": "one", "units": 8, "activation": "relu"}},
            {"class_name": "Dense", "config": {"name": "two", "units": 10,
                                               "activation": "softmax"}}]}}
        write(self.folder, "model.json", json.dumps(model))
        out = self.json("train", "mnist", "--data", "data", "--model", "model.json", "--loss", "cce",
                        "--epochs", "30", "--batch", "16")
        self.assertGreater(out["train_accuracy"], 0.9)
        self.assertIn("rescaling", self.ok("summary", "run/model.lathe"))
        self.ok("convert", "run/model.lathe", "trained.json")
        layers = json.loads(read(self.path("trained.json")))["config"]["layers"]
        self.assertEqual([layer["config"]["name"] for layer in layers],
                         ["input_layer", "rescaling", "one", "two"])

    def test_bad_files(self):
        other = os.path.join(KERAS, "models", "shapes.weights.h5")
        self.fails(1, "convert", "keras.json", "m.lathe", "--weights", other,
                   says="shapes.weights.h5: has weights of")
        self.fails(1, "convert", "keras.json", "m.lathe", "--weights", "none.h5",
                   says="can't read none.h5")
        write(self.folder, "text.h5", "no HDF5")
        self.fails(1, "convert", "keras.json", "m.lathe", "--weights", "text.h5",
                   says="text.h5: is no HDF5 file")
        good = read(self.weights + ".h5")
        for part in (100, len(good) // 2, len(good) - 100):
            write(self.folder, "cut.h5", good[:part])
            self.fails(1, "convert", "keras.json", "m.lathe", "--weights", "cut.h5", says="cut.h5: ")
        self.assertFalse(os.path.exists(self.path("m.lathe")))
        self.fails(2, "convert", "keras.json", "m.onnx", says="expected a name that ends in .lathe")
        for name, says in (("m.keras", "m.keras: Keras's .keras files are not read"),
                           ("m.h5", "m.h5: is taken by --weights")):
            self.fails(1, "convert", name, "m.lathe", says=says)
        self.fails(2, "convert", "keras.json", "m.h5", "--keras2", says="--keras2 is about NAME.json")
        write(self.folder, "open.json", '{"layers": [{"type": "Dense", "units": 2}]}')
        self.fails(1, "convert", "open.json", "m.lathe", says="open.json: does not say the shape")


if __name__ == "__main__":
    cli_test.main()
