package outcome

import (
	"hash/fnv"
	"strconv"
	"strings"
)

// correctedCode begins the code of an entry whose order differed from its row until
// somebody put that right.
const correctedCode = "CORRECTED"

// Corrected is the code of an entry of which a person has said that this difference
// from its row, in words as Difference has them, has been put right. It holds for
// that difference alone: a row that is edited later differs anew. Letters beyond
// ASCII do not count, so that it holds through spreadsheets.
func Corrected(difference string) string {
	h := fnv.New32a()
	for _, c := range []byte(strings.ToLower(difference)) {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' {
			h.Write([]byte{c})
		}
	}
	return correctedCode + "_" + strconv.FormatUint(uint64(h.Sum32()), 36)
}

// toldCode is a code as results have it.
func toldCode(code string) string {
	if strings.HasPrefix(code, correctedCode+"_") {
		return correctedCode
	}
	return code
}
