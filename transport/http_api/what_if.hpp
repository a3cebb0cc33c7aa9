/// POST /v1/channels/{id}/assignment/what-if
#pragma once

#include "transport/http_api/call.hpp"

namespace signalbox::resources {

void ask_what_if(const call_pointer& of);

}  // namespace signalbox::resources
