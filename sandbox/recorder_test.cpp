#include "sandbox/recorder.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

nlohmann::json read_body(const http::Response& response) {
    if (response.body.empty()) return nullptr;
    auto json = nlohmann::json::parse(response.body, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << response.body.substr(0, 500);
    return json;
}

}  // namespace koppla::sandbox
