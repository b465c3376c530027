#include "crm/codec/json_writing.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

namespace koppla {
namespace {

std::string written(std::string_view text) {
    std::string to;
    append_json_text(to, text);
    return to;
}

TEST(JsonWriting, EscapesWhatAStringCantHoldAndNothingElse) {
    EXPECT_EQ(written(""), "\"\"");
    EXPECT_EQ(written("O'Brien & Söhne / 東京"), "\"O'Brien & Söhne / 東京\"");
    EXPECT_EQ(written("a\"b\\c\nd\re\tf"), R"("a\"b\\c\nd\re\tf")");
    EXPECT_EQ(written(std::string_view{"\0\x01\x1f\x7f", 4}), "\"\\u0000\\u0001\\u001f\x7f\"");
}

RC_GTEST_PROP(JsonWriting, WhatIsWrittenIsReadAsTheSame, (const std::string& text)) {
    std::string ascii = text;
    for (char& c : ascii) c = static_cast<char>(c & 0x7f);
    RC_ASSERT(nlohmann::json::parse(written(ascii)).get<std::string>() == ascii);
}

TEST(JsonWriting, KnowsNumbersByTheirGrammar) {
    for (const char* const good : {"0", "-0", "12", "-12.50", "0.5", "1e5", "1E+5", "9223372036854775807"})
        EXPECT_TRUE(is_json_number(good)) << good;
    for (const char* const bad :
         {"", "-", "+1", "01", ".5", "5.", "1e", "1e+", "NaN", "1,5", "1 ", "0x1", "1}"})
        EXPECT_FALSE(is_json_number(bad)) << bad;
}

}  // namespace
}  // namespace koppla
