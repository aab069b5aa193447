// fit and evaluate of data in shards.
#include "frontend/model/model_impl.h"
#include "frontend/model/shard_rows.h"
#include "frontend/model/trainer.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

void check_no_weights(const SampleWeights& sample_weight) {
  if (!sample_weight.empty())
    throw Error("sample_weight is for arrays: shards bring their own, Shard::sample_weight");
}

void check_for_shards(const FitOptions& o) {
  check_no_weights(o.sample_weight);
  if (o.steps_per_epoch) throw Error("steps_per_epoch is for arrays: an epoch is over all shards");
  if (o.validation_split != 0)
    throw Error("validation_split is for arrays: give validation_data or validation_shards");
}

}  // namespace

std::unique_ptr<RowSource> ModelImpl::make_shard_rows(const Shards& data, const RowOrder& order,
                                                      const std::map<int64_t, double>& class_weight,
                                                      int64_t epoch) {
  const size_t first = ShardRows::first_of_epoch(data, order, epoch);
  Shard shard = data.read(first);
  build_from(inputs_of(shard));
  auto rows = std::make_unique<ShardRows>(
      data, ShardRows::Use{graph(), targets(), order, class_weight}, first, std::move(shard));
  check_adapted();
  return rows;
}

History ModelImpl::fit(Model& model, const Shards& data, const FitOptions& o) {
  check_no_epoch_runs("fit");
  const auto make = [&] {
    check_for_shards(o);
    return make_shard_rows(data, {o.shuffle, o.seed.value_or(compile_options().seed)},
                           o.class_weight, o.initial_epoch.value_or(epochs_trained));
  };
  return Trainer(model, o, make).run();
}

Logs ModelImpl::evaluate(const Shards& data, const EvaluateOptions& o) {
  check_batch(o.batch_size);
  check_no_weights(o.sample_weight);
  compile_options();
  const auto rows = make_shard_rows(data, {}, {}, 0);
  return run_evaluation(*rows, o.batch_size, o.on_progress, o.stop).value_or(Logs());
}

}  // namespace lathe::detail
