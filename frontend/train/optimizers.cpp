// The functions of lathe/optimizers.h.
#include "lathe/optimizers.h"

namespace lathe {

SGD::SGD(double rate, double momentum, bool nesterov) {
  name = "sgd";
  learning_rate = rate;
  options = {{"momentum", momentum}, {"nesterov", nesterov}};
}

}  // namespace lathe
