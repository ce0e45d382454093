package main

import (
	"errors"
	"fmt"

	"github.com/zalando/go-keyring"
)

// keyringService is the name under which secrets lie in the keyring of the
// operating system.
const keyringService = "bulkimport"

// keyringSecret reads one secret of a profile from the keyring.
func keyringSecret(profile, name string) (string, error) {
	secret, err := keyring.Get(keyringService, profile+"/"+name)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", wrong(fmt.Sprintf("the keyring holds no %s for profile %s", secretWords(name), profile),
			"bulkimport login --profile "+profile)
	}
	if err != nil {
		return "", fault("the keyring of this machine cannot be read",
			"unlock it, or set the secret in the environment (bulkimport help credentials)")
	}
	return secret, nil
}

// keepInKeyring stores one secret of a profile, and reads it back: some
// keyrings accept what they do not keep.
func keepInKeyring(profile, name, secret string) error {
	if err := keyring.Set(keyringService, profile+"/"+name, secret); err != nil {
		return err
	}
	kept, err := keyring.Get(keyringService, profile+"/"+name)
	if err == nil && kept != secret {
		err = errors.New("the keyring did not keep the secret")
	}
	return err
}

// dropFromKeyring removes one secret of a profile, if it is there.
func dropFromKeyring(profile, name string) error {
	if err := keyring.Delete(keyringService, profile+"/"+name); err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return fault("the keyring of this machine cannot be changed", "unlock it, and try again")
	}
	return nil
}
