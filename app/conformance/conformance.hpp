/// `signalbox conformance`: plays the router against a connector that is pointed at it, and says what it did wrong.
#pragma once

#include "app/conformance/options.hpp"
#include "app/exit_code.hpp"

namespace signalbox {

/// What happens goes to standard error, the judgement to standard output. `failed` when there was anything to say.
[[nodiscard]] exit_code conformance(const conformance_options& options);

}  // namespace signalbox
