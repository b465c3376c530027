#pragma once

#include "http/handler.h"

#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json_fwd.hpp>

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

/// A JSON body; null where there is none.
nlohmann::json read_body(const http::Response& response);

inline std::string header(const http::Response& response, std::string_view name) {
    return std::string{response.headers.find(name).value_or("(absent)")};
}

}  // namespace koppla::sandbox
