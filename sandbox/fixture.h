#pragma once

#include "base/test/manual_clock.h"
#include "base/test/temporary_folder.h"
#include "sandbox/face.h"
#include "sandbox/recorder.h"

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// A small org behind a Face, in process: 30 accounts and 2,500 contacts, the same for every test.
class SandboxTest : public testing::Test {
  protected:
    SandboxTest();
    ~SandboxTest() override;

    /// As a client that is logged in.
    http::Response ask(std::string method, std::string target, std::string body = {},
                       http::Headers headers = {});
    /// With these headers only.
    http::Response ask_bare(std::string method, std::string target, std::string body = {},
                            http::Headers headers = {});
    /// Asks below /services/data/v68.0 and reads the JSON; an empty body is null.
    nlohmann::json get(std::string path, int expected_status = 200);
    nlohmann::json send(std::string method, std::string path, const nlohmann::json& body,
                        int expected_status);
    /// The records of a query.
    nlohmann::json records(std::string_view soql);
    std::string new_contact(std::string_view last_name);
    /// Asks about a query job until it is over, as a client does; what it was told last.
    nlohmann::json finished_job(const std::string& id);
    /// The path of a new query job that has completed: "/jobs/query/750…".
    std::string completed_job(std::string_view soql);

    TemporaryFolder folder_;
    ManualClock clock_;
    ShiftedClock shifted_{clock_};
    std::unique_ptr<Org> org_;
    std::unique_ptr<Services> services_;
    std::unique_ptr<Face> face_;
};

inline constexpr std::string_view test_base = "/services/data/v68.0";

/// The errorCode of an error answer.
std::string error_code(const http::Response& response);

}  // namespace koppla::sandbox
