#include "solve/controller.h"

#include <math.h>

static const double safety = 0.8, grow_most = 5, shrink_most = 0.1;
/* Shares of the error now and of the one before in the exponent; they add up to less than 1 for smoothness.
 */
static const double integral = 0.7, proportional = 0.4;

double xt_controller_try(const xt_controller *controller, double time, double until, double most) {
    const double left = until - time, step = fmin(controller->step, most);
    const double count = ceil(left / step - 1e-9);
    return count <= 1 ? left : count <= 3 ? left / count : step;
}

bool xt_controller_judge(xt_controller *controller, double h, double error, int order) {
    const double power = 1.0 / (order + 1);
    if (!(error <= 1)) {
        const double factor = isfinite(error) ? safety * pow(error, -power) : shrink_most;
        controller->step = h * fmin(0.8, fmax(shrink_most, factor));
        controller->rejected = true;
        return false;
    }
    const double aim = pow(safety, order + 1), now = fmax(error, 1e-6);
    const double drift =
        controller->last > 0 && !controller->interrupted
            ? pow(now / aim, -integral * power) * pow(controller->last / aim, proportional * power)
            : pow(now / aim, -power);
    const double factor = fmin(controller->rejected ? 1 : grow_most, fmax(shrink_most, drift));
    const bool cut = h < 0.99 * controller->step;
    controller->step = cut ? fmax(controller->step, h * factor) : h * factor;
    if (!cut || now > controller->last) controller->last = now;
    controller->rejected = controller->interrupted = false;
    return true;
}
