#pragma once

#include "http/handler.h"

#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {

/// A handler's answer, recorded by a test.
class Recorder final : public http::Exchange {
  public:
    void reply(http::Response response) override { response_ = std::move(response); }
    void begin(http::Response head) override { response_ = std::move(head); }
    bool write(std::string_view bytes) override {
        response_.body += bytes;
        return true;
    }
    void end() override {}
    void cut() override { was_cut_ = true; }
    http::Response response_;
    bool was_cut_ = false;
};

inline nlohmann::json read_body(const http::Response& response) {
    if (response.body.empty()) return nullptr;
    auto json = nlohmann::json::parse(response.body, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << response.body.substr(0, 500);
    return json;
}

inline std::string header(const http::Response& response, std::string_view name) {
    return std::string{response.headers.find(name).value_or("(absent)")};
}

}  // namespace koppla::sandbox
