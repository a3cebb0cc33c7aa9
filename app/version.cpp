#include "app/version.hpp"

namespace signalbox {

std::string_view version_text() { return SIGNALBOX_VERSION; }
std::string_view commit_text() { return SIGNALBOX_COMMIT; }

}  // namespace signalbox
