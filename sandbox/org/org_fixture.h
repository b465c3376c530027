#pragma once

#include "base/test/manual_clock.h"
#include "base/test/temporary_folder.h"
#include "sandbox/org/org.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::sandbox {

/// An org on a state file of its own, and short words for what tests do with it.
class OrgTest : public testing::Test {
  protected:
    /// Opens (again) an org in the test's folder.
    Org& open(std::map<std::string, std::int64_t> records = {}, std::uint64_t seed = 1,
              std::filesystem::path org_folder = {});

    SaveResult create(std::string_view object, std::string_view json);
    SaveResult update(std::string_view object, std::string_view id, std::string_view json);
    SaveResult upsert(std::string_view object, std::string_view key, std::string_view value,
                      std::string_view json);
    SaveResult remove(std::string_view object, std::string_view id);
    /// The id of a row that must be creatable.
    std::string made(std::string_view object, std::string_view json);

    /// Records as REST prints them, "[…]"; or the error as "CODE: message".
    std::string select(std::string_view soql, Rows rows = Rows::live);
    /// The rows' values of the first selected column, joined by '|'; errors as their code.
    std::string column(std::string_view soql, Rows rows = Rows::live);
    std::string csv(std::string_view soql, ExportOptions options = {});
    std::string first_status(const SaveResult& result);

    TemporaryFolder folder_;
    ManualClock clock_;
    std::unique_ptr<Org> org_;
};

inline constexpr std::string_view test_resources = "/services/data/v68.0";

}  // namespace koppla::sandbox
