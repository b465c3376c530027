#include "crm/odata/multipart.h"

#include <cstdint>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace koppla::odata {
namespace {

const std::string good =
    "--batchresponse_d2\r\n"
    "Content-Type: application/http\r\n"
    "Content-Transfer-Encoding: binary\r\n"
    "\r\n"
    "HTTP/1.1 204 No Content\r\n"
    "OData-Version: 4.0\r\n"
    "OData-EntityId: "
    "https://acme.crm.dynamics.com/api/data/v9.2/contacts(5f0a1b2c-0000-0000-0000-00000000000a)\r\n"
    "\r\n"
    "\r\n"
    "--batchresponse_d2\r\n"
    "Content-Type: application/http\r\n"
    "Content-Transfer-Encoding: binary\r\n"
    "\r\n"
    "HTTP/1.1 404 Not Found\r\n"
    "REQ_ID: 6a\r\n"
    "Content-Type: application/json; odata.metadata=minimal\r\n"
    "\r\n"
    "{\"error\":{\"code\":\"0x80040217\",\"message\":\"Does Not Exist\"}}\r\n"
    "--batchresponse_d2--\r\n";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

void expect_both(const std::string& body, std::string_view boundary = "batchresponse_d2") {
    const auto answer = read_batch_answer(body, boundary, 2);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_TRUE(answer->is_whole);
    ASSERT_EQ(answer->parts.size(), 2U);
    EXPECT_EQ(answer->parts[0].status, 204);
    EXPECT_EQ(answer->parts[0].header("odata-entityid").value_or("").size(), 90U);
    EXPECT_EQ(answer->parts[0].body, "");
    EXPECT_EQ(answer->parts[1].status, 404);
    EXPECT_EQ(answer->parts[1].body, R"({"error":{"code":"0x80040217","message":"Does Not Exist"}})");
    EXPECT_FALSE(answer->parts[1].header("Content-ID"));
}

TEST(BatchAnswer, PartsComeInTheirOrderWithStatusHeadersAndBody) {
    expect_both(good);
}

TEST(BatchAnswer, WhatServersAndProxiesDoToLinesIsTolerated) {
    expect_both(replaced(good, "\r\n", "\n"));
    expect_both("This is a preamble.\r\n--batchresponse_d\r\n" + good + "An epilogue --batchresponse_d2\r\n");
    expect_both(good.substr(0, good.size() - 2));
    expect_both(replaced(good, "OData-EntityId:", "odata-entityid :"));
    expect_both(replaced(good, "--batchresponse_d2\r\n", "--batchresponse_d2 \t\r\n"));
    expect_both(replaced(good, "Content-Type: application/http\r\n",
                         "content-type: Application/HTTP; msgtype=response\r\n"));
    expect_both(
        replaced(good, "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n", ""));
    // A part without a body may end with its headers.
    expect_both(replaced(good, "0000000a)\r\n\r\n\r\n", "0000000a)\r\n"));
    expect_both(replaced(good, "HTTP/1.1 204 No Content", "HTTP/1.1 204"));
}

TEST(BatchAnswer, TheBoundaryIsTheHeadersQuotedOrNot) {
    EXPECT_EQ(boundary_of("multipart/mixed; boundary=batchresponse_d2"), "batchresponse_d2");
    EXPECT_EQ(boundary_of("Multipart/Mixed;charset=utf-8 ; Boundary=\"a b;c\"; x=y"), "a b;c");
    EXPECT_EQ(boundary_of("multipart/mixed; boundary= b1 ; x=y"), "b1");
    for (const char* const none : {"", "application/json; boundary=b", "multipart/mixed",
                                   "multipart/mixed; boundary=", "multipart/mixed; boundary=\"open",
                                   "multipart/mixed; boundary", "multipart/mixed; x; y"}) {
        EXPECT_FALSE(boundary_of(none)) << none;
    }
    EXPECT_FALSE(boundary_of("multipart/mixed; boundary=" + std::string(201, 'b')));
}

TEST(BatchAnswer, OfAnAnswerThatWasCutTheWholePartsAreTaken) {
    const auto second = good.find("--batchresponse_d2", 5);
    const auto end = good.find("--batchresponse_d2--");
    for (std::size_t size = 0; size <= good.size(); ++size) {
        const auto answer = read_batch_answer(std::string_view{good}.substr(0, size), "batchresponse_d2", 2);
        const std::size_t delimiter = std::string_view{"--batchresponse_d2"}.size();
        if (size < delimiter) {
            EXPECT_FALSE(answer) << size;
            continue;
        }
        ASSERT_TRUE(answer) << size << answer.error().message;
        // The closing delimiter without its dashes looks like one more part that was cut off.
        const bool has_second = size == end + delimiter || size >= end + delimiter + 2;
        const std::size_t parts = has_second ? 2 : size < second + delimiter ? 0 : 1;
        EXPECT_EQ(answer->parts.size(), parts) << size;
        EXPECT_EQ(answer->is_whole, size >= end + delimiter + 2) << size;
    }
}

TEST(BatchAnswer, WhatIsNoBatchsAnswerIsCorrupt) {
    const auto fault = [](const std::string& body, std::size_t parts_max = 2) {
        const auto answer = read_batch_answer(body, "batchresponse_d2", parts_max);
        return answer ? "none" : answer.error().message;
    };
    EXPECT_EQ(fault(""), "the answer to the batch can't be read: it has no part");
    EXPECT_EQ(fault(R"({"error":{"code":"0x0"}})"), fault(""));
    EXPECT_EQ(fault(replaced(good, "batchresponse_d2", "other")), fault(""));
    EXPECT_NE(fault(good, 1).find("more parts than operations"), std::string::npos);
    EXPECT_NE(fault(replaced(good, "HTTP/1.1 404", "HTTP/1.1 4o4")).find("no status line"),
              std::string::npos);
    EXPECT_NE(fault(replaced(good, "HTTP/1.1 404", "HTTP/1.1 4040")).find("no status line"),
              std::string::npos);
    EXPECT_NE(fault(replaced(good, "HTTP/1.1 404", "HTTP/1.1 -404")).find("no status line"),
              std::string::npos);
    EXPECT_NE(fault(replaced(good, "HTTP/1.1 404 Not Found\r\n", "")).find("no status line"),
              std::string::npos);
    EXPECT_NE(fault(replaced(good, "application/http", "multipart/mixed; boundary=changesetresponse_e5"))
                  .find("no answer by itself"),
              std::string::npos);
    EXPECT_NE(fault(replaced(good, "REQ_ID: 6a", "REQ_ID: " + std::string(70'000, 'x'))).find("too long"),
              std::string::npos);
    EXPECT_NE(fault(replaced(good, "--batchresponse_d2\r\nContent", "--batchresponse_d2\r\n\r\nContent"))
                  .find("no status line"),
              std::string::npos);
}

TEST(BatchAnswer, ADelimiterWithinALineIsText) {
    const std::string body = replaced(good, "Does Not Exist", "a --batchresponse_d2-- b --batchresponse_d2");
    const auto answer = read_batch_answer(body, "batchresponse_d2", 2);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->parts.size(), 2U);
}

TEST(BatchAnswer, HostileTextIsReadInTimeThatGrowsWithIt) {
    std::string dashes;
    while (dashes.size() < 4'000'000) dashes += "--b";
    EXPECT_FALSE(read_batch_answer(dashes, "b", 100));
    std::string lines;
    while (lines.size() < 4'000'000) lines += "--bx\n";
    EXPECT_FALSE(read_batch_answer(lines, "b", 100));
    std::string parts;
    while (parts.size() < 4'000'000) parts += "--b\n";
    EXPECT_FALSE(read_batch_answer(parts, "b", 1'000'000'000));
}

RC_GTEST_PROP(BatchAnswer, AnyDamageIsReadOrRefusedAndNeverBeyondItsBounds, (std::uint32_t seed)) {
    std::minstd_rand random{seed};
    std::string body = good;
    const auto pick = [&](std::size_t below) {
        return std::uniform_int_distribution<std::size_t>{0, below - 1}(random);
    };
    for (std::size_t i = 0; i < 1 + pick(12); ++i) {
        constexpr std::string_view bits = "\r\n-: \"bHT/1%\0\xff;";
        const std::size_t at = pick(body.size());
        if (pick(2) == 0)
            body[at] = bits[pick(bits.size())];
        else
            body.erase(at, pick(20));
        if (body.empty()) break;
    }
    const auto answer = read_batch_answer(body, "batchresponse_d2", 2);
    if (!answer) return;
    RC_ASSERT(answer->parts.size() <= 2U);
    for (const PartAnswer& part : answer->parts) {
        RC_ASSERT(part.status >= 100 && part.status <= 599);
        for (const std::string_view view : {part.headers, part.body}) {
            if (view.empty()) continue;
            RC_ASSERT(view.data() >= body.data() && view.data() + view.size() <= body.data() + body.size());
        }
        (void)part.header("OData-EntityId");
    }
}

}  // namespace
}  // namespace koppla::odata
