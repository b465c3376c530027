#include "sandbox/fixture.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using ToolingTest = SandboxTest;

TEST_F(ToolingTest, HasNoCodeAndKnowsNoOtherMetadata) {
    const auto empty = get("/tooling/query?q=SELECT+Id,Name+FROM+ApexClass");
    EXPECT_EQ(empty["totalSize"], 0);
    EXPECT_EQ(empty["done"], true);
    EXPECT_EQ(get("/tooling/query?q=SELECT+Id+FROM+SandboxProcess", 400)[0]["errorCode"], "INVALID_TYPE");
    EXPECT_EQ(get("/tooling/query?q=SELECT", 400)[0]["errorCode"], "MALFORMED_QUERY");
}

}  // namespace
}  // namespace koppla::sandbox
