/* A user's program in C: what lathe/c_api.h promises of an installation. */
#include <lathe/c_api.h>
#include <stdio.h>

int main(void) {
  static float x[40], y[20];
  const int64_t x_shape[2] = {20, 2}, y_shape[2] = {20, 1};
  lathe_array xs = {LATHE_F32, 2, x_shape, x}, ys = {LATHE_F32, 2, y_shape, y};
  lathe_model *m;
  int i;
  for (i = 0; i < 20; ++i) {
    x[2 * i] = (float)i / 20;
    x[2 * i + 1] = 1;
    y[i] = x[2 * i] * 3 - 1;
  }
  if (lathe_parse("{\"input\": [2], \"layers\": [{\"type\": \"Dense\", \"units\": 1}]}", &m) ||
      lathe_compile(m, "mse", "sgd(learning_rate=0.1)", NULL, 0) || lathe_fit(m, &xs, &ys, 5, 50, NULL, NULL) ||
      lathe_predict(m, &xs, 20, x, 20, NULL)) {
    fprintf(stderr, "lathe: %s\n", lathe_error());
    return 1;
  }
  lathe_free(m);
  return x[0] < -0.5 && x[19] > 1 ? 0 : 2;
}
