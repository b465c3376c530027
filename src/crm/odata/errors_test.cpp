#include "crm/odata/errors.h"

#include <gmock/gmock.h>

namespace koppla::odata {
namespace {

using testing::HasSubstr;

std::string complaint(std::string_view body) {
    const Complaint read = complaint_of(body);
    return read.symbol + "|" + read.text;
}

TEST(ErrorsOData, AreReadInEveryFormThatServicesHave) {
    EXPECT_EQ(
        complaint(R"({"error":{"code":"0x80040217","message":"account With Id = 8f1b Does Not Exist"}})"),
        "0x80040217|account With Id = 8f1b Does Not Exist");
    EXPECT_EQ(complaint(R"({"error":{"code":"","message":{"lang":"en","value":"old"}}})"), "|old");
    EXPECT_EQ(complaint(R"({"error":{"code":404,"message":"number"}})"), "404|number");
    EXPECT_EQ(complaint(R"({"error":{"code":"0x0","message":"none"}})"), "|none");
    EXPECT_EQ(complaint(R"({"error":{"code":"x","message":"","details":[{"message":"inner"}]}})"), "x|inner");
    EXPECT_EQ(complaint(R"({"error":{"code":"x","message":"","innererror":{"message":"deep"}}})"), "x|deep");
    EXPECT_EQ(complaint(R"({"Message":"a gateway's"})"), "|a gateway's");
    for (const std::string_view body : {"", "<html>", "[]", "{}", "null", "{\"error\":7}", "{\"error\":{}}"})
        EXPECT_EQ(complaint(body), "|") << body;
    EXPECT_EQ(complaint(std::string(100'000, '[')), "|");
}

TEST(ErrorsOData, MeanWhatTheirStatusSays) {
    const auto refused = [](int status, std::string body) {
        return error_of({.status = status, .headers = {{"Retry-After", "7"}}, .body = std::move(body)},
                        "reading Products");
    };
    const Error gone = refused(410, R"({"error":{"code":"x","message":"too old"}})");
    EXPECT_EQ(gone.kind, ErrorKind::expired);
    EXPECT_THAT(gone.message, HasSubstr("reading Products failed: too old (x, HTTP 410)"));
    const Error busy = refused(429, "");
    EXPECT_EQ(busy.kind, ErrorKind::throttled);
    EXPECT_EQ(busy.retry_after, std::chrono::seconds{7});
    EXPECT_EQ(refused(404, "{}").kind, ErrorKind::not_found);
    EXPECT_EQ(refused(503, "<html>").symbol, "HTML");
}

}  // namespace
}  // namespace koppla::odata
