// lathe/c_api.h.
#include "lathe/c_api.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "frontend/base/spec.h"
#include "frontend/c_api/guard.h"
#include "frontend/model/model_impl.h"
#include "ir/error.h"
#include "lathe/callback.h"
#include "lathe/fit_options.h"
#include "lathe/model_json.h"
#include "runtime/worker_team.h"

using namespace lathe;
using namespace lathe::c_api;

namespace {

constexpr int64_t kMostRows = int64_t{1} << 30;

/// Hands logs on to C; whether it wants an end.
bool tell(lathe_values values, void* user, int64_t epoch, const Logs& logs) {
  if (!values) return false;
  std::vector<const char*> names;
  std::vector<double> numbers;
  for (const auto& [name, value] : logs) {
    names.push_back(name.c_str());
    numbers.push_back(value);
  }
  return values(user, epoch, static_cast<int64_t>(names.size()), names.data(), numbers.data()) != 0;
}

class Teller final : public Callback {
 public:
  Teller(lathe_values values, void* user) : values_(values), user_(user) {}
  void on_epoch_end(FitContext& context, EpochResult& result) override {
    if (tell(values_, user_, result.epoch, result.logs)) context.stop_training = true;
  }

 private:
  lathe_values values_;
  void* user_;
};

}  // namespace

extern "C" {

const char* lathe_version() {
  return LATHE_VERSION;
}

const char* lathe_error() {
  return last_error();
}

int32_t lathe_load(const char* path, lathe_model** model) {
  return guarded([&] {
    if (!model) throw BadArgument("model is NULL");
    *model = keep(Model::load(text(path, "path")));
  });
}

int32_t lathe_parse(const char* json, lathe_model** model) {
  return guarded([&] {
    if (!model) throw BadArgument("model is NULL");
    *model = keep(model_from_json(text(json, "json"), "json"));
  });
}

int32_t lathe_save(lathe_model* model, const char* path) {
  return guarded([&] { held(model)->model.save(text(path, "path")); });
}

void lathe_free(lathe_model* model) {
  guarded([&] { release(model); });
}

int32_t lathe_compile(lathe_model* model, const char* loss, const char* optimizer,
                      const char* metrics, int64_t seed) {
  return guarded([&] {
    const auto h = held(model);
    CompileOptions options;
    options.loss = Loss(text(loss, "loss"));
    options.optimizer = Optimizer(text(optimizer, "optimizer"));
    if (metrics) options.metrics = split_specs(metrics);
    options.seed = static_cast<uint64_t>(in_range(seed, 0, int64_t{1} << 53, "seed"));
    options.run = h->run;
    h->model.compile(options);
  });
}

int32_t lathe_threads(lathe_model* model, int64_t threads) {
  return guarded([&] {
    const auto h = held(model);
    h->run.threads =
        static_cast<int>(in_range(threads, 0, runtime::WorkerTeam::kMaxWorkers, "threads"));
    h->model.set_run_options(h->run);
  });
}

int32_t lathe_fit(lathe_model* model, const lathe_array* x, const lathe_array* y, int64_t batch,
                  int64_t epochs, lathe_values values, void* user) {
  return guarded([&] {
    const auto h = held(model);
    FitOptions options;
    options.batch_size = in_range(batch, 1, kMostRows, "batch");
    options.epochs = in_range(epochs, 1, kMostRows, "epochs");
    Teller teller(values, user);
    options.callbacks = {teller};
    h->model.fit(array(x, "x"), array(y, "y"), options);
  });
}

int32_t lathe_evaluate(lathe_model* model, const lathe_array* x, const lathe_array* y,
                       int64_t batch, lathe_values values, void* user) {
  return guarded([&] {
    const auto h = held(model);
    EvaluateOptions options;
    options.batch_size = in_range(batch, 1, kMostRows, "batch");
    tell(values, user, 0, h->model.evaluate(array(x, "x"), array(y, "y"), options));
  });
}

int32_t lathe_predict(lathe_model* model, const lathe_array* x, int64_t batch, float* y,
                      int64_t room, int64_t* count) {
  return guarded([&] {
    const auto h = held(model);
    PredictOptions options;
    options.batch_size = in_range(batch, 1, kMostRows, "batch");
    const Array result = h->model.predict(array(x, "x"), options);
    if (count) *count = result.elements();
    if (!y && room != 0) throw BadArgument("y is NULL");
    if (room < result.elements())
      throw ShortBuffer("y has room for " + std::to_string(room) + " numbers, there are " +
                        std::to_string(result.elements()));
    const auto numbers = result.data<float>();
    std::copy(numbers.begin(), numbers.end(), y);
  });
}

int64_t lathe_state_count(lathe_model* model) {
  int64_t count = -1;
  guarded([&] { count = static_cast<int64_t>(held(model)->model.impl().state_names().size()); });
  return count;
}

int32_t lathe_state(lathe_model* model, int64_t number, const char** name, lathe_array* value) {
  return guarded([&] {
    const auto h = held(model);
    if (!name || !value) throw BadArgument("name or value is NULL");
    const std::vector<std::string> names = h->model.impl().state_names();
    in_range(number, 0, static_cast<int64_t>(names.size()) - 1, "number");
    h->name = names[static_cast<size_t>(number)];
    h->value = h->model.impl().state(h->name);
    h->shape = h->value.shape();
    *name = h->name.c_str();
    *value = {type_code(h->value.dtype()), static_cast<int32_t>(h->value.rank()), h->shape.data(),
              h->value.raw()};
  });
}

int32_t lathe_set_state(lathe_model* model, const char* name, const lathe_array* value) {
  return guarded([&] {
    const auto h = held(model);
    const std::string named = text(name, "name");
    const Array made(array(value, "value"));
    h->model.impl().state_names();  // makes the weights, where there are none yet
    if (!h->model.impl().has_state(named)) throw Error("the model has no state '" + named + "'");
    const TensorType type = h->model.impl().state(named).type();
    if (type != made.type())
      throw Error("state '" + named + "' is " + type.to_string() + ", not " +
                  made.type().to_string());
    h->model.impl().set_state(named, made);
  });
}

int32_t lathe_weights_sha256(lathe_model* model, char sha[65]) {
  return guarded([&] {
    const auto h = held(model);
    if (!sha) throw BadArgument("text is NULL");
    std::memcpy(sha, h->model.weights_sha256().c_str(), 65);
  });
}

}  // extern "C"
