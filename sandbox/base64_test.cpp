#include "sandbox/base64.h"

#include <gtest/gtest.h>

namespace koppla::sandbox {
namespace {

TEST(Base64, EncodesWithoutPadding) {
    EXPECT_EQ(base64_encode("10000"), "MTAwMDA");
    EXPECT_EQ(base64_encode(""), "");
    EXPECT_EQ(base64_encode("\xFF\xFE\xFD"), "//79");
}

TEST(Base64, DecodesWithAndWithoutPaddingAndRefusesTheRest) {
    EXPECT_EQ(base64_decode("MTAwMDA="), "10000");
    EXPECT_EQ(base64_decode("MTAwMDA"), "10000");
    EXPECT_EQ(base64_decode("//79"), "\xFF\xFE\xFD");
    EXPECT_FALSE(base64_decode("MT*w"));
}

TEST(Base64, HasAnAlphabetForUrls) {
    EXPECT_EQ(base64url_encode("\xFF\xFE\xFD"), "__79");
    EXPECT_EQ(base64url_decode("__79"), "\xFF\xFE\xFD");
    EXPECT_FALSE(base64url_decode("//79"));
}

}  // namespace
}  // namespace koppla::sandbox
