#pragma once

#include "sandbox/route.h"
#include "sandbox/web/json.h"

#include <string>
#include <string_view>

namespace koppla::sandbox {

Answer json_answer(int status, const Json& body);
/// JSON that is text already, or other text.
Answer text_answer(int status, std::string body,
                   std::string_view content_type = "application/json;charset=UTF-8");
Answer empty_answer(int status);

}  // namespace koppla::sandbox
