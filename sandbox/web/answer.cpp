#include "sandbox/web/answer.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

Answer text_answer(int status, std::string body, std::string_view content_type) {
    return Answer{.response = {.status = status,
                               .headers = {{"Content-Type", std::string{content_type}}},
                               .body = std::move(body)}};
}

Answer json_answer(int status, const Json& body) {
    return text_answer(status, dump(body));
}

Answer empty_answer(int status) {
    return Answer{.response = {.status = status}};
}

}  // namespace koppla::sandbox
