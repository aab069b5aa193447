/* Lathe from C, and from whatever calls C: load or parse a model, train it, predict, read and write its states. The
   library is liblathe.so; a program that includes this links to it and to nothing else of Lathe.

   Functions return LATHE_OK or another code, and lathe_error() says in words what was wrong; nothing has changed then,
   but for a training that was under way. No argument that the rules below allow is undefined: NULL, numbers out of
   range, models that were freed, wrong shapes and types all get a code. A model is used by one thread at a time;
   different models by several. Texts are UTF-8 and end with a zero byte. */
#ifndef LATHE_C_API_H
#define LATHE_C_API_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lathe_model lathe_model;

enum {
  LATHE_OK = 0,
  LATHE_BAD_ARGUMENT = 1, /* NULL, a number out of range, no such model */
  LATHE_FAILED =
      2, /* what was asked for can't be done: a file, a shape, a name, a loss that is NaN */
  LATHE_SHORT_BUFFER =
      3, /* the buffer is too short: nothing was written, and the number needed is told */
  LATHE_INTERNAL = 4 /* a mistake of Lathe's, or no memory */
};

/* Element types. */
enum { LATHE_F32 = 0, LATHE_F64 = 1, LATHE_I64 = 2, LATHE_I32 = 3, LATHE_U8 = 4 };

/* Row-major numbers of the caller's, one after the other. The first dimension counts examples. */
typedef struct {
  int32_t type; /* LATHE_F32, ... */
  int32_t rank; /* 0 to 8 */
  const int64_t* shape;
  const void* data;
} lathe_array;

/* Called with the names and values of loss and metrics: after each epoch of lathe_fit (1, 2, ...), once by
   lathe_evaluate (epoch 0). They are gone when it returns. Other than 0 ends the training. */
typedef int32_t (*lathe_values)(void* user, int64_t epoch, int64_t count, const char* const* names,
                                const double* values);

/* `0.1.0` */
const char* lathe_version(void);
/* What was wrong in the last call of this thread that did not return LATHE_OK; an empty text before. */
const char* lathe_error(void);

/* A saved model (model.lathe). */
int32_t lathe_load(const char* path, lathe_model** model);
/* A model of new layers: Keras's JSON of a model, or Lathe's short form, {"input": [784], "layers": [{"type": "Dense",
   "units": 10, "activation": "softmax"}]}. */
int32_t lathe_parse(const char* json, lathe_model** model);
int32_t lathe_save(lathe_model* model, const char* path);
/* NULL, and what is no model, are passed over. */
void lathe_free(lathe_model* model);

/* How the model is trained, by names as of `lathe list`: `mse`, `adam(learning_rate=0.01)`; metrics with commas between,
   or NULL. seed: of initial weights and shuffles, 0 to 2^53. */
int32_t lathe_compile(lathe_model* model, const char* loss, const char* optimizer,
                      const char* metrics, int64_t seed);
/* Threads to compute with: 1 to 256; 0: one a core, as at first. No result depends on it. */
int32_t lathe_threads(lathe_model* model, int64_t threads);

/* Shuffles the rows of each epoch, by the seed. `values` may be NULL. batch and epochs from 1; the numbers of epochs go on
   counting in the next call. A loss that is NaN or infinite ends it, with the weights as before that epoch. */
int32_t lathe_fit(lathe_model* model, const lathe_array* x, const lathe_array* y, int64_t batch,
                  int64_t epochs, lathe_values values, void* user);
int32_t lathe_evaluate(lathe_model* model, const lathe_array* x, const lathe_array* y,
                       int64_t batch, lathe_values values, void* user);
/* y has room for `room` numbers; `count`, which may be NULL, gets how many there are. y may be NULL where room is 0:
   to ask for the count. */
int32_t lathe_predict(lathe_model* model, const lathe_array* x, int64_t batch, float* y,
                      int64_t room, int64_t* count);

/* Weights, slots of the optimiser, counters, by number from 0, as they are now. Name and array are the model's, until
   the next call of lathe_state on it. What belongs to training alone is there from the first lathe_fit on, and in a model
   that was loaded after one. lathe_state_count: -1 for no model. */
int64_t lathe_state_count(lathe_model* model);
int32_t lathe_state(lathe_model* model, int64_t number, const char** name, lathe_array* value);
/* Of the type and shape that the state has. */
int32_t lathe_set_state(lathe_model* model, const char* name, const lathe_array* value);
/* SHA-256 of all weights, 64 letters and a zero byte. */
int32_t lathe_weights_sha256(lathe_model* model, char text[65]);

#ifdef __cplusplus
}
#endif

#endif
