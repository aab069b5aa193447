// The public API of Lathe: include this one.
#pragma once

#include "ir/error.h"               // IWYU pragma: export
#include "lathe/array.h"            // IWYU pragma: export
#include "lathe/callback.h"         // IWYU pragma: export
#include "lathe/callbacks.h"        // IWYU pragma: export
#include "lathe/catalog.h"          // IWYU pragma: export
#include "lathe/dataset.h"          // IWYU pragma: export
#include "lathe/date.h"             // IWYU pragma: export
#include "lathe/expr.h"             // IWYU pragma: export
#include "lathe/fit_options.h"      // IWYU pragma: export
#include "lathe/forecast.h"         // IWYU pragma: export
#include "lathe/forecast_chance.h"  // IWYU pragma: export
#include "lathe/forecast_scores.h"  // IWYU pragma: export
#include "lathe/history.h"          // IWYU pragma: export
#include "lathe/initializers.h"     // IWYU pragma: export
#include "lathe/layers.h"           // IWYU pragma: export
#include "lathe/losses.h"           // IWYU pragma: export
#include "lathe/metrics.h"          // IWYU pragma: export
#include "lathe/model.h"            // IWYU pragma: export
#include "lathe/model_json.h"       // IWYU pragma: export
#include "lathe/optimizer.h"        // IWYU pragma: export
#include "lathe/optimizers.h"       // IWYU pragma: export
#include "lathe/outputs.h"          // IWYU pragma: export
#include "lathe/price_examples.h"   // IWYU pragma: export
#include "lathe/price_features.h"   // IWYU pragma: export
#include "lathe/price_model.h"      // IWYU pragma: export
#include "lathe/price_task.h"       // IWYU pragma: export
#include "lathe/prices.h"           // IWYU pragma: export
#include "lathe/schedules.h"        // IWYU pragma: export
#include "lathe/shards.h"           // IWYU pragma: export
#include "lathe/split.h"            // IWYU pragma: export
#include "lathe/synthetic.h"        // IWYU pragma: export
#include "lathe/tensor.h"           // IWYU pragma: export
