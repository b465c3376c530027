#pragma once

#include "base/test/manual_clock.h"
#include "base/test/temporary_folder.h"
#include "sandbox/dynamics/face.h"
#include "sandbox/recorder.h"

#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox::dynamics {

/// A small Dynamics org behind a Face, in process: 40 accounts, 300 contacts and a few of everything else,
/// the same for every test.
class DynamicsTest : public testing::Test {
  protected:
    DynamicsTest();
    ~DynamicsTest() override;

    /// As an app that is logged in; the target is below the service root.
    http::Response ask(std::string method, std::string_view path, std::string body = {},
                       http::Headers headers = {});
    nlohmann::json get(std::string_view path, int expected_status = 200);
    nlohmann::json send(std::string method, std::string_view path, const nlohmann::json& body,
                        int expected_status, http::Headers headers = {});
    /// A switch under /sandbox/.
    nlohmann::json control(std::string method, std::string path);
    nlohmann::json control(std::string method, std::string path, const nlohmann::json& body);
    /// Makes a row and answers its id.
    std::string make(std::string_view set, const nlohmann::json& body);
    /// "0x80040217" of an error answer.
    static std::string code(const http::Response& response);
    const Table& table(std::string_view name);

    TemporaryFolder folder_;
    ManualClock clock_;
    ShiftedClock shifted_{clock_};
    std::unique_ptr<Org> org_;
    std::unique_ptr<Services> services_;
    std::unique_ptr<Face> face_;
    std::shared_ptr<const Catalog> catalog_;
};

}  // namespace koppla::sandbox::dynamics
