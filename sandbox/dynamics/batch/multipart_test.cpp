#include "sandbox/dynamics/batch/multipart.h"

#include "sandbox/dynamics/batch/references.h"

#include <gmock/gmock.h>

namespace koppla::sandbox::dynamics {
namespace {

using testing::HasSubstr;

TEST(Multipart, PartsAreCutAtDelimiterLinesWhateverTheirEnds) {
    for (const std::string end : {"\r\n", "\n"}) {
        const auto body = "preamble" + end + "--b" + end + "Content-Type: application/http" + end + end +
                          "GET /x HTTP/1.1" + end + "Accept: a--b" + end + "--b" + end + "content-id: 7" +
                          end + end + "POST /y HTTP/1.1" + end + end + "{\"a\":1}" + end + "--b--" + end +
                          "epilogue";
        const auto parts = read_multipart(body, "b");
        ASSERT_TRUE(parts);
        ASSERT_EQ(parts->size(), 2U);
        const auto first = read_request(parts->at(0).content);
        ASSERT_TRUE(first);
        EXPECT_EQ(first->target, "/x");
        EXPECT_EQ(first->headers.find("accept"), "a--b");
        EXPECT_EQ(parts->at(1).headers.find("Content-ID"), "7");
        EXPECT_EQ(read_request(parts->at(1).content)->body, "{\"a\":1}");
    }
}

TEST(Multipart, TheClosingDelimiterMayBeMissing) {
    const auto parts = read_multipart("\r\n--b\r\n\r\nGET /x HTTP/1.1", "b");
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->size(), 1U);
    EXPECT_FALSE(read_multipart("nothing of it", "b"));
}

TEST(Multipart, BoundariesMayBeQuotedAndTypesCarryMore) {
    EXPECT_EQ(boundary_of({{"Content-Type", "multipart/mixed; boundary=\"batch 1\""}}), "batch 1");
    EXPECT_EQ(boundary_of({{"content-type", "Multipart/Mixed;boundary=dwa_batch_1; charset=utf-8"}}),
              "dwa_batch_1");
    EXPECT_EQ(boundary_of({{"Content-Type", "application/http; msgtype=request"}}), "");
}

TEST(Multipart, ReferencesAreResolvedInTargetsAndLinksOnly) {
    http::Request request{
        .method = "POST",
        .target = "$1/contact_customer_accounts/$ref",
        .body = R"({"name":"$1","a@odata.bind":"$1","@odata.id" : "/$1","b@odata.bind":"$1x"})"};
    ASSERT_TRUE(resolve(request, {{"1", "https://h/api/data/v9.2/accounts(g)"}}));
    EXPECT_EQ(request.target, "https://h/api/data/v9.2/accounts(g)/contact_customer_accounts/$ref");
    const std::string address = "\"https://h/api/data/v9.2/accounts(g)\"";
    const auto resolved_body = R"({"name":"$1","a@odata.bind":)" + address + R"(,"@odata.id" : )" + address +
                               R"(,"b@odata.bind":"$1x"})";
    EXPECT_EQ(request.body, resolved_body);
    http::Request early{.method = "POST", .target = "/x", .body = R"({"a@odata.bind":"$2"})"};
    const auto resolved = resolve(early, {});
    ASSERT_FALSE(resolved);
    EXPECT_EQ(resolved.error().message, "Content-ID Reference: '$2' does not exist in the batch context.");
}

}  // namespace
}  // namespace koppla::sandbox::dynamics
